using TinyKv.Core.Keys;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client;

/// <summary>Where a scan continues after a page.</summary>
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
