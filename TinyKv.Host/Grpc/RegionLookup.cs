using TinyKv.Actors.Placement;

namespace TinyKv.Host.Grpc;

/// <summary>Finds regions by key among regions in ascending order.</summary>
internal static class RegionLookup
{
    /// <summary>
    /// The index of the region that contains <paramref name="key"/>; -1 when none is known to.
    /// </summary>
    public static int IndexOf(IReadOnlyList<RegionView> regions, ReadOnlySpan<byte> key)
    {
        var index = LastAtOrBefore(regions, key);
        return index >= 0 && regions[index].Region.Range.Contains(key) ? index : -1;
    }

    /// <summary>
    /// The regions that overlap [start, end), ascending; an empty end means no upper bound.
    /// </summary>
    public static IEnumerable<RegionView> Overlapping(
        IReadOnlyList<RegionView> regions, ReadOnlyMemory<byte> start, ReadOnlyMemory<byte> end)
    {
        var first = Math.Max(0, LastAtOrBefore(regions, start.Span));
        for (var i = first; i < regions.Count; i++)
        {
            var range = regions[i].Region.Range;
            if (!end.IsEmpty && range.Start.Span.SequenceCompareTo(end.Span) >= 0) yield break;
            if (range.IsBounded && range.End.Span.SequenceCompareTo(start.Span) <= 0) continue;
            yield return regions[i];
        }
    }

    private static int LastAtOrBefore(IReadOnlyList<RegionView> regions, ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, regions.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (regions[middle].Region.Range.Start.Span.SequenceCompareTo(key) <= 0) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }
}
