using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Client;

/// <summary>A region as the client knows it. The leader is null when it is unknown.</summary>
internal sealed record LocatedRegion(Region Region, Peer? Leader);

/// <summary>The regions that were looked up, by ascending start key, never overlapping. Readers take no
/// lock.</summary>
internal sealed class RegionCache
{
    private readonly Lock _writing = new();
    private ImmutableArray<LocatedRegion> _regions = [];

    /// <summary>The region that holds a key, or null when it is not known.</summary>
    public LocatedRegion? Find(ReadOnlySpan<byte> key)
    {
        var regions = _regions;
        var (low, high) = (0, regions.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (regions[middle].Region.Range.Start.Span.SequenceCompareTo(key) <= 0) low = middle + 1;
            else high = middle;
        }
        return low > 0 && regions[low - 1].Region.Range.Contains(key) ? regions[low - 1] : null;
    }

    /// <summary>Takes a region over from a store's answer, unless something newer is known of its
    /// range.</summary>
    public void Add(LocatedRegion located)
    {
        lock (_writing)
        {
            var overlapping = _regions.Where(known => Overlap(known.Region, located.Region)).ToList();
            if (overlapping.Exists(known => IsNewer(known.Region.Epoch, located.Region.Epoch))) return;
            _regions = [.. _regions.RemoveRange(overlapping).Add(located).Order(ByStart.Instance)];
        }
    }

    /// <summary>Notes who leads a region; null: nobody knows.</summary>
    public void SetLeader(RegionId region, Peer? leader) => Update(
        known => known.Region.Id == region ? known with { Leader = leader } : known);

    /// <summary>Notes that a store leads nothing any more, as far as is known.</summary>
    public void DropLeader(StoreId store) => Update(
        known => known.Leader?.Store == store ? known with { Leader = null } : known);

    /// <summary>Forgets a region.</summary>
    public void Remove(RegionId region)
    {
        lock (_writing) _regions = _regions.RemoveAll(known => known.Region.Id == region);
    }

    private void Update(Func<LocatedRegion, LocatedRegion> change)
    {
        lock (_writing) _regions = [.. _regions.Select(change)];
    }

    private static bool Overlap(Region a, Region b) =>
        (!a.Range.IsBounded || b.Range.Start.Span.SequenceCompareTo(a.Range.End.Span) < 0)
        && (!b.Range.IsBounded || a.Range.Start.Span.SequenceCompareTo(b.Range.End.Span) < 0);

    private static bool IsNewer(RegionEpoch a, RegionEpoch b) =>
        a.Version != b.Version ? a.Version > b.Version : a.ConfVer > b.ConfVer;

    private sealed class ByStart : IComparer<LocatedRegion>
    {
        public static ByStart Instance { get; } = new();

        public int Compare(LocatedRegion? x, LocatedRegion? y) =>
            x!.Region.Range.Start.Span.SequenceCompareTo(y!.Region.Range.Start.Span);
    }
}
