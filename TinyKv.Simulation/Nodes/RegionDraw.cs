using System.Collections.Immutable;
using System.Text;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Simulation.Nodes;

/// <summary>Draws the groups of a cluster: placement, and some regions that share the keys of the clients.</summary>
internal static class RegionDraw
{
    // Between single keys, between them and the pairs, and between pairs: no pair is cut.
    private static readonly string[] Bounds = ["k1", "k2", "k4", "m", "t1", "t2", "t4"];

    /// <summary>The groups, each with a replica on every store. Their numbers mean nothing.</summary>
    public static ImmutableArray<Region> Draw(Random random, int stores, int regions)
    {
        var used = Enumerable.Range(1, stores).Select(store => (ulong)store).ToHashSet();
        var bounds = Bounds.ToArray();
        random.Shuffle(bounds);
        string[] cuts = ["", .. bounds.Take(regions - 1).Order(StringComparer.Ordinal), ""];
        var data = Enumerable.Range(0, regions).Select(i => Group(new RegionId(Number()), cuts[i], cuts[i + 1])).ToList();
        return [Group(RegionId.Placement, "", ""), .. data];

        Region Group(RegionId id, string start, string end) => new(
            id, new KeyRange(Encoding.UTF8.GetBytes(start), Encoding.UTF8.GetBytes(end)), RegionEpoch.Initial,
            [.. Enumerable.Range(1, stores).Select(store => new Peer(new PeerId(Number()), new StoreId((ulong)store)))]);

        ulong Number()
        {
            while (true)
                if ((ulong)random.NextInt64(1, (long)PlacementState.FirstId) is var number && used.Add(number)) return number;
        }
    }
}
