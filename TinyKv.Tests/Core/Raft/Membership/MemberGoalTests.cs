using CsCheck;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Raft.Membership;

public sealed class MemberGoalTests
{
    private static readonly StoreId Four = new(4);
    private static readonly PeerId NewPeer = new(1001);

    private static readonly Gen<Configuration> Members = Gen.Select(Gen.Int[1, 5], Gen.Int[0, 31], (count, learners) =>
        new Configuration(Enumerable.Range(1, count).Select(store => new Peer(
            new PeerId((ulong)(10 + store)), new StoreId((ulong)store),
            store > 1 && (learners >> store & 1) == 1 ? MemberRole.Learner : MemberRole.Voter))));

    [Fact]
    public void A_store_gets_a_learner_first_which_votes_when_it_is_promoted()
    {
        var goal = new MemberGoal.Voter(Four, NewPeer);
        var before = new Configuration([new Peer(new PeerId(11), new StoreId(1))]);

        Assert.Equal(new ConfChange.AddLearner(NewPeer, Four), goal.Next(before));
        var learns = Made(before, goal);
        Assert.Equal(new ConfChange.Promote(NewPeer), goal.Next(learns));
        Assert.Equal(MemberRole.Voter, Made(learns, goal).On(Four)?.Role);
    }

    [Fact]
    public void Who_asks_again_with_another_number_continues_with_the_replica_that_is_there()
    {
        var learner = new Peer(new PeerId(900), Four, MemberRole.Learner);
        var current = new Configuration([new Peer(new PeerId(11), new StoreId(1)), learner]);

        Assert.Equal(new ConfChange.Promote(learner.Id), new MemberGoal.Voter(Four, NewPeer).Next(current));
    }

    [Fact]
    public void Every_goal_is_reached_by_few_changes_and_then_asks_for_none() =>
        Gen.Select(Members, Gen.ULong[1, 6], Gen.Bool).Sample((members, store, votes) =>
        {
            MemberGoal goal = votes ? new MemberGoal.Voter(new StoreId(store), NewPeer) : new MemberGoal.None(new StoreId(store));
            for (var i = 0; i < 2 && goal.Next(members) is { } change; i++)
            {
                if (change.Apply(members) is not ConfChangeOutcome.Accepted accepted) return; // the last voter stays
                members = accepted.Next;
            }
            Assert.Null(goal.Next(members));
            Assert.Equal(votes ? MemberRole.Voter : null, members.On(new StoreId(store))?.Role);
        });

    private static Configuration Made(Configuration current, MemberGoal goal) =>
        Assert.IsType<ConfChangeOutcome.Accepted>(goal.Next(current)!.Apply(current)).Next;
}
