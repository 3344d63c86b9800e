using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Client;

/// <summary>The regions that were looked up, for all calls of a client. Readers take no lock.</summary>
internal sealed class RegionCache
{
    private RegionMap<LocatedRegion> _regions = RegionMap<LocatedRegion>.Empty;

    /// <summary>What is known of them now.</summary>
    public RegionMap<LocatedRegion> Known => Volatile.Read(ref _regions);

    /// <summary>Takes a region over from a store's answer, unless something newer is known of its range.</summary>
    public void Add(LocatedRegion located) =>
        ImmutableInterlocked.Update(ref _regions, (regions, added) => regions.Add(added), located);

    /// <summary>Notes who leads a region; null: nobody knows.</summary>
    public void SetLeader(RegionId region, Peer? leader) => ImmutableInterlocked.Update(
        ref _regions,
        (regions, led) => regions.Find(led.Region) is { } known ? regions.Add(known with { Leader = led.Leader }) : regions,
        (Region: region, Leader: leader));

    /// <summary>Notes that a store leads nothing any more, as far as is known.</summary>
    public void DropLeader(StoreId store) => ImmutableInterlocked.Update(
        ref _regions,
        (regions, lost) => regions.Entries.Where(known => known.Leader?.Store == lost)
            .Aggregate(regions, (left, known) => left.Add(known with { Leader = null })),
        store);

    /// <summary>Forgets a region.</summary>
    public void Remove(RegionId region) =>
        ImmutableInterlocked.Update(ref _regions, (regions, removed) => regions.Remove(removed), region);
}
