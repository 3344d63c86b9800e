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

public sealed class ReplicaCheckerTests
{
    private static readonly StoreCondition[] Healthy = [StoreCondition.Up, StoreCondition.Up, StoreCondition.Up];

    [Fact]
    public void A_region_with_all_its_replicas_is_left_alone() => Assert.Empty(Check([1, 2, 3], Healthy));

    [Fact]
    public void A_region_with_more_replicas_than_it_is_meant_to_have_is_left_alone() =>
        Assert.Empty(Check([1, 2, 3, 4], [.. Healthy, StoreCondition.Up]));

    [Fact]
    public void A_store_that_has_joined_gets_the_replica_that_is_missing() =>
        Assert.Equal(new MemberGoal.Voter(new StoreId(3), PeerId.None), Goal(Check([1, 2], Healthy)));

    [Fact]
    public void Of_several_stores_the_one_with_the_fewest_replicas_gets_it()
    {
        var view = View([1, 2], [.. Healthy, StoreCondition.Up, StoreCondition.Up]);
        view = view with { RegionCounts = view.RegionCounts.SetItem(new StoreId(3), 9).SetItem(new StoreId(4), 2) };

        Assert.Equal(new MemberGoal.Voter(new StoreId(5), PeerId.None), Goal(ReplicaChecker.Check(view)));
        Assert.Equal(new MemberGoal.Voter(new StoreId(4), PeerId.None), Goal(ReplicaChecker.Check(
            view with { RegionCounts = view.RegionCounts.SetItem(new StoreId(5), 3) })));
    }

    [Theory]
    [InlineData(StoreCondition.Offline)]
    [InlineData(StoreCondition.Down)]
    public void A_store_that_leaves_is_replaced_first_and_loses_its_replica_then(StoreCondition condition)
    {
        StoreCondition[] conditions = [condition, StoreCondition.Up, StoreCondition.Up, StoreCondition.Up];

        Assert.Equal(new MemberGoal.Voter(new StoreId(4), PeerId.None), Goal(Check([1, 2, 3], conditions)));
        Assert.Equal(new MemberGoal.None(new StoreId(1)), Goal(Check([1, 2, 3, 4], conditions)));
    }

    [Fact]
    public void A_store_that_was_never_heard_gets_nothing()
    {
        var view = View([1, 2], Healthy);

        Assert.Empty(ReplicaChecker.Check(view with { RegionCounts = view.RegionCounts.Remove(new StoreId(3)) }));
    }

    [Fact]
    public void Placement_loses_a_store_that_is_down_though_no_other_takes_its_place() => Assert.Equal(
        new MemberGoal.None(new StoreId(4)), Goal(Check([1, 2, 3, 4], [.. Healthy, StoreCondition.Down], RegionId.Placement)));

    [Fact]
    public void Where_there_is_no_other_store_nothing_is_done() => Assert.Empty(
        Check([1, 2, 3], [StoreCondition.Offline, StoreCondition.Up, StoreCondition.Up]));

    [Fact]
    public void A_store_that_is_away_for_a_while_keeps_its_replica_and_gets_no_other()
    {
        Assert.Empty(Check([1, 2, 3], [StoreCondition.Disconnected, StoreCondition.Up, StoreCondition.Up, StoreCondition.Up]));
        Assert.Empty(Check([1, 2], [StoreCondition.Up, StoreCondition.Up, StoreCondition.Disconnected]));
    }

    [Fact]
    public void No_replica_is_removed_while_the_others_that_are_heard_are_no_majority_without_it() => Assert.Empty(Check(
        [1, 2, 3, 4], [StoreCondition.Offline, StoreCondition.Disconnected, StoreCondition.Disconnected, StoreCondition.Up]));

    [Fact]
    public void A_learner_is_promoted_or_removed_before_anything_else()
    {
        var learner = new Peer(new PeerId(104), new StoreId(4), MemberRole.Learner);

        var finish = View([1, 2], [.. Healthy, StoreCondition.Up], learner);
        var giveUp = View([1, 2], [.. Healthy, StoreCondition.Offline], learner);

        Assert.Equal(new MemberGoal.Voter(new StoreId(4), PeerId.None), Goal(ReplicaChecker.Check(finish)));
        Assert.Equal(new MemberGoal.None(new StoreId(4)), Goal(ReplicaChecker.Check(giveUp)));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 5)]
    [InlineData(8, 5)]
    public void Placement_is_on_an_odd_number_of_stores_up_to_five(int stores, int expected)
    {
        var conditions = Enumerable.Repeat(StoreCondition.Up, stores).ToArray();

        Assert.Empty(Check(Enumerable.Range(1, expected).Select(id => (ulong)id), conditions, RegionId.Placement));
        Assert.Single(Check(Enumerable.Range(1, expected - 1).Select(id => (ulong)id), conditions, RegionId.Placement));
    }

    [Fact]
    public void What_is_done_again_and_again_ends_where_it_is_meant_to_be_without_losing_a_majority() =>
        Gen.Select(Gen.Enum<StoreCondition>().Array[3, 7], Gen.Int[1, 3]).Sample((conditions, wanted) =>
        {
            conditions[0] = conditions[1] = StoreCondition.Up;
            var view = View([1, 2, 3], conditions) with { };
            view = view with { Stores = StoreDirectory.Of(77, (uint)wanted, 4, view.Stores.Stores.Values) };
            for (var step = 0; ReplicaChecker.Check(view) is [{ } next]; step++)
            {
                Assert.True(step < 20, "it does not end");
                var after = next.Done();
                Assert.NotNull(after);
                var voters = after.Region.Peers.Where(peer => peer.Role == MemberRole.Voter).ToList();
                if (next.Goal is MemberGoal.None && next.Region.Region.PeerOn(next.Goal.Store)?.Role == MemberRole.Voter)
                    Assert.True(voters.Count(peer => view.ConditionOf(peer.Store) == StoreCondition.Up) > voters.Count / 2);
                view = view with { Regions = [after] };
            }
        }, iter: 2000);

    private static MemberGoal Goal(ImmutableArray<ReplicaOperator> operators) => Assert.Single(operators).Goal;

    private static ImmutableArray<ReplicaOperator> Check(
        IEnumerable<ulong> on, StoreCondition[] conditions, RegionId? region = null) =>
        ReplicaChecker.Check(View(on, conditions, region: region));

    // The stores 1, 2 and so on are as the conditions say.
    private static ClusterView View(
        IEnumerable<ulong> on, StoreCondition[] conditions, Peer? learner = null, RegionId? region = null)
    {
        var stores = conditions.Select((condition, i) => (Id: new StoreId((ulong)i + 1), Condition: condition)).ToList();
        ImmutableArray<Peer> peers = [.. on.Select(store => new Peer(new PeerId(100 + store), new StoreId(store)))];
        if (learner is { } joining) peers = peers.Add(joining);
        return new ClusterView(
            StoreDirectory.Of(77, 3, 4, stores.Select(store => new StoreInfo
            {
                Id = store.Id,
                Directory = new DirectoryId(store.Id.Value),
                Addresses = new StoreAddresses($"host{store.Id.Value}", 1, 2, 3, 4),
                State = store.Condition switch
                {
                    StoreCondition.Offline => StoreState.Offline,
                    StoreCondition.Tombstone => StoreState.Tombstone,
                    _ => StoreState.Up,
                },
            })),
            stores.ToImmutableDictionary(store => store.Id, store => store.Condition),
            stores.ToImmutableDictionary(store => store.Id, _ => 0),
            [new ReportedRegion(
                new Region(region ?? RegionId.First, KeyRange.All, RegionEpoch.Initial, peers), new StoreId(1), 7)]);
    }
}
