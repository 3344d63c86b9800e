using System.Collections.Immutable;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>
/// What a cluster begins with. Every store works it out from the same list of stores and the same number of replicas, so that
/// none has to wait for another to hand it out.
/// </summary>
public static class Bootstrap
{
    /// <summary>The most stores that a cluster can begin with: they, the first region and all replicas have numbers below those
    /// that placement hands out.</summary>
    public const int MaxStores =
        (int)(PlacementState.FirstId - 2 - SetClusterConfig.MostReplicas) - PlacementGroup.MaxReplicas;

    /// <summary>
    /// The placement group and the region that holds all keys, on as many stores as each is meant to have, the first ones of
    /// the list. Replicas are numbered as placement numbers those that come later: a number is never used twice, be it of a
    /// store, a region or a replica. So nobody can take a replica's number for its store's without being noticed.
    /// </summary>
    /// <param name="stores">The initial stores, ascending; at most <see cref="MaxStores"/>, numbered below
    /// <see cref="PlacementState.FirstId"/>.</param>
    /// <param name="replicas">How many replicas a region is meant to have, from 1 on.</param>
    public static ImmutableArray<Region> Regions(IReadOnlyCollection<StoreId> stores, int replicas)
    {
        var used = stores.Select(store => store.Value).Append(RegionId.First.Value).ToHashSet();
        var next = 1UL;
        return
        [
            Of(RegionId.Placement, PlacementGroup.Size(stores.Count, replicas)),
            Of(RegionId.First, replicas),
        ];

        Region Of(RegionId region, int size) => new(
            region, KeyRange.All, RegionEpoch.Initial, [.. stores.Take(size).Select(store => new Peer(Number(), store))]);

        PeerId Number()
        {
            while (!used.Add(next)) next++;
            Invariant.Holds(next < PlacementState.FirstId, $"{stores.Count} initial stores are too many");
            return new PeerId(next);
        }
    }

    /// <summary>Those of <see cref="Regions"/> that a store begins with a replica of.</summary>
    public static ImmutableArray<Region> RegionsOn(StoreId store, IReadOnlyCollection<StoreId> stores, int replicas) =>
        [.. Regions(stores, replicas).Where(region => region.PeerOn(store) is not null)];
}
