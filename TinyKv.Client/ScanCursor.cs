using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client;

/// <summary>Where a scan begins, and where it continues after a page.</summary>
internal static class ScanCursor
{
    /// <summary>What the page left of its range, or null when nothing is left.</summary>
    public static KeyRange? After(ScanResponse page, KeyRange range, int limit, bool reverse)
    {
        if (!page.NextKey.IsEmpty) return Rest(page.NextKey.Memory);
        if (page.Pairs.Count < limit) return null;
        var last = page.Pairs[^1].Key.Memory;
        if (reverse) return Rest(last);
        return Successor(last.Span) is { } next ? Rest(next) : null;

        KeyRange Rest(ReadOnlyMemory<byte> bound) =>
            reverse ? new KeyRange(range.Start, bound) : new KeyRange(bound, range.End);
    }

    /// <summary>A key of the region that a request begins in.</summary>
    public static ReadOnlyMemory<byte> FirstKey(IRoutedRequest request) =>
        request is ScanRequest { Reverse: true } scan ? LastBelow(scan.EndKey.Span) : request.RoutingKey.Memory;

    /// <summary>The largest key below a bound that is no longer than keys may be: where a walk downwards begins. An empty bound
    /// is above all keys.</summary>
    internal static ReadOnlyMemory<byte> LastBelow(ReadOnlySpan<byte> bound)
    {
        if (bound is [.. var shorter, 0]) return shorter.ToArray();
        if (bound.Length > Limits.MaxKeyBytes) return bound[..Limits.MaxKeyBytes].ToArray();
        var last = new byte[Limits.MaxKeyBytes];
        last.AsSpan(bound.Length).Fill(byte.MaxValue);
        bound.CopyTo(last);
        if (!bound.IsEmpty) last[bound.Length - 1]--;
        return last;
    }

    /// <summary>The smallest key above another that is no longer than keys may be; null: there is
    /// none.</summary>
    internal static ReadOnlyMemory<byte>? Successor(ReadOnlySpan<byte> key)
    {
        if (key.Length < Limits.MaxKeyBytes) return (byte[])[.. key, 0];
        var kept = key.TrimEnd(byte.MaxValue);
        if (kept.IsEmpty) return null;
        byte[] next = [.. kept];
        next[^1]++;
        return next;
    }
}
