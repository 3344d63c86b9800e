using System.Collections.Immutable;
using CsCheck;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Placement.Checkers;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Core.Placement.Checkers;

/// <summary>Many regions on many stores, some of which leave or are down: what the checker says is done, one thing after the
/// other, in any order.</summary>
public sealed class SimulatedClusterTests
{
    private const int MostSteps = 12; // for one region: each of its stores is replaced, and one replica more was under way

    private static readonly StoreCondition[] Conditions =
    [
        StoreCondition.Up, StoreCondition.Up, StoreCondition.Up, StoreCondition.Up, StoreCondition.Disconnected,
        StoreCondition.Down, StoreCondition.Offline, StoreCondition.Tombstone,
    ];

    [Fact]
    public void Regions_come_to_where_they_stay_without_losing_a_majority_on_the_way() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var view = Draw(random);
        var budget = MostSteps * view.Regions.Length;
        while (ReplicaChecker.Check(view) is { Length: > 0 } all)
        {
            Assert.True(budget-- > 0, "it does not end");
            view = Do(all[random.Next(all.Length)], view);
        }
        foreach (var reported in view.Regions) IsWhereItStays(reported.Region, view);
    }, iter: 1000);

    private static ClusterView Do(ReplicaOperator next, ClusterView view)
    {
        var before = next.Region.Region;
        var done = next.Done();
        Assert.NotNull(done);
        var after = done.Region;
        if (after.Peers.Length > before.Peers.Length) Assert.Equal(StoreCondition.Up, view.ConditionOf(next.Goal.Store));
        Assert.True(Voters(after) >= Math.Min(Voters(before), (int)view.Stores.MaxReplicas), "a voter goes before another comes");
        Assert.True(2 * Voters(after, peer => view.ConditionOf(peer.Store) == StoreCondition.Up) > Voters(after),
            "those that are heard are no majority");
        return Count(view with { Regions = view.Regions.Replace(next.Region, done) });
    }

    private static void IsWhereItStays(Region region, ClusterView view)
    {
        Assert.DoesNotContain(region.Peers, peer => peer.Role == MemberRole.Learner);
        var kept = Voters(region, peer => view.ConditionOf(peer.Store) is StoreCondition.Up or StoreCondition.Disconnected);
        var free = view.Stores.Stores.Values.Count(store =>
            view.ConditionOf(store.Id) == StoreCondition.Up && region.PeerOn(store.Id) is null);
        Assert.True(kept >= view.Stores.MaxReplicas || free == 0, $"{kept} replicas stay, and {free} stores are free");
        // One that leaves is kept only as long as too few of the others are heard.
        if (kept >= view.Stores.MaxReplicas && Voters(region) > kept)
            Assert.Contains(region.Peers, peer => view.ConditionOf(peer.Store) == StoreCondition.Disconnected);
    }

    private static ClusterView Draw(Random random)
    {
        var wanted = random.Next(1, 6);
        var conditions = Enumerable.Range(1, random.Next(5, 40)).ToImmutableDictionary(
            id => new StoreId((ulong)id), id => id <= 3 ? StoreCondition.Up : Conditions[random.Next(Conditions.Length)]);
        var stores = conditions.Keys.Select(id => new StoreInfo
        {
            Id = id,
            Directory = new DirectoryId(id.Value),
            Addresses = new StoreAddresses($"host{id.Value}", 1, 2, 3, 4),
        });
        var regions = Enumerable.Range(1, random.Next(1, 20)).Select(id => new ReportedRegion(
            DrawRegion(new RegionId((ulong)id), conditions, random), new StoreId(1), Term: 7));
        return Count(new ClusterView(StoreDirectory.Of(77, (uint)wanted, 4, stores), conditions,
            ImmutableDictionary<StoreId, int>.Empty, [.. regions]));
    }

    // Of its voters a majority is heard.
    private static Region DrawRegion(
        RegionId id, ImmutableDictionary<StoreId, StoreCondition> conditions, Random random)
    {
        var (up, others) = (conditions.Keys.Where(store => conditions[store] == StoreCondition.Up).ToArray(),
            conditions.Keys.Where(store => conditions[store] != StoreCondition.Up).ToArray());
        random.Shuffle(up);
        random.Shuffle(others);
        var majority = random.Next(1, Math.Min(4, up.Length + 1));
        var voters = up.Take(majority).Concat(others.Take(random.Next(majority)));
        var peers = voters.Select((store, i) => new Peer(new PeerId(100 + (ulong)i), store)).ToList();
        var left = conditions.Keys.Except(peers.Select(peer => peer.Store)).ToList();
        if (random.Next(3) == 0 && left.Count > 0)
            peers.Add(new Peer(new PeerId(200), left[random.Next(left.Count)], MemberRole.Learner));
        return new Region(id, KeyRange.All, RegionEpoch.Initial, [.. peers]);
    }

    private static ClusterView Count(ClusterView view) => view with
    {
        RegionCounts = view.Conditions.Keys.ToImmutableDictionary(
            store => store, store => view.Regions.Count(reported => reported.Region.PeerOn(store) is not null)),
    };

    private static int Voters(Region region, Func<Peer, bool>? which = null) =>
        region.Peers.Count(peer => peer.Role == MemberRole.Voter && which?.Invoke(peer) != false);
}
