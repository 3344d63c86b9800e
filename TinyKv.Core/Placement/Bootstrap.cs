using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>
/// What a cluster begins with. Every store works it out from the same list of stores, so that none has to wait for
/// another to hand it out.
/// </summary>
public static class Bootstrap
{
    /// <summary>The most stores that a cluster can begin with: they, the first region and two replicas for each store have
    /// numbers below those that placement hands out.</summary>
    public const int MaxStores = (int)(PlacementState.FirstId - 2) / 3;

    /// <summary>
    /// The placement group and the region that holds all keys, each with a replica on every store. Replicas are numbered
    /// as placement numbers those that come later: a number is never used twice, be it of a store, a region or a replica.
    /// So nobody can take a replica's number for its store's without being noticed.
    /// </summary>
    /// <param name="stores">The initial stores, ascending; at most <see cref="MaxStores"/>, numbered below
    /// <see cref="PlacementState.FirstId"/>.</param>
    public static ImmutableArray<Region> Regions(IReadOnlyCollection<StoreId> stores)
    {
        var used = stores.Select(store => store.Value).Append(RegionId.First.Value).ToHashSet();
        var next = 1UL;
        return [.. new[] { RegionId.Placement, RegionId.First }.Select(
            id => new Region(id, KeyRange.All, RegionEpoch.Initial, [.. stores.Select(store => new Peer(Number(), store))]))];

        PeerId Number()
        {
            while (!used.Add(next)) next++;
            Invariant.Holds(next < PlacementState.FirstId, $"{stores.Count} initial stores are too many");
            return new PeerId(next);
        }
    }
}
