using TinyKv.Core.Keys;
using TinyKv.Protocol.Wire.V1;

namespace TinyKv.Client;

/// <summary>Where a scan goes on after a page.</summary>
internal static class ScanCursor
{
    /// <summary>The first key that the page did not cover, or null after the last region.</summary>
    public static ReadOnlyMemory<byte>? After(ScanResponse page, int limit, KeyRange region)
    {
        if (!page.NextKey.IsEmpty) return page.NextKey.Memory;
        if (page.Pairs.Count >= limit) return Successor(page.Pairs[^1].Key.Span);
        // Not one expression: null would become empty memory there, and the scan begin anew.
        if (!region.IsBounded) return null;
        return region.End;
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
