using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>What a peer does with wishes for other members, and with those that are members no more.</summary>
public sealed class RaftPeerMembersTests : RaftPeerKit
{
    private static readonly StoreId Four = new(4);

    [Fact]
    public async Task A_goal_is_under_way_until_it_is_applied_and_then_reached()
    {
        var peer = await StartLeaderAsync();
        var goal = new ChangeMembers(RegionId.First, new MemberGoal.Voter(Four, PeerOn(4)));

        Ask(peer, goal);
        var accepted = Assert.IsType<ConfChangeOutcome.Accepted>(await OutcomeAsync());
        Assert.Equal(MemberRole.Learner, accepted.Next.On(Four)?.Role);
        Ask(peer, goal);
        Assert.IsType<ConfChangeOutcome.Refused>(await OutcomeAsync());

        var voter = RegionOf(1, 4);
        peer.Tell(new RegionChanged(new RegionRecord(voter with { Epoch = new RegionEpoch(3, 1) })));
        Ask(peer, goal);
        Assert.IsType<ConfChangeOutcome.AlreadyDone>(await OutcomeAsync());
    }

    [Fact]
    public async Task The_last_voter_cannot_be_removed()
    {
        var peer = await StartLeaderAsync();

        Ask(peer, new ChangeMembers(RegionId.First, new MemberGoal.None(new StoreId(1))));

        Assert.Equal(ConfChangeRefusal.LastVoter, Assert.IsType<ConfChangeOutcome.Refused>(await OutcomeAsync()).Reason);
    }

    [Fact]
    public async Task Only_the_leader_changes_members()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        FromOther(peer, 7, new RaftMessage.Heartbeat(0, 1));

        Ask(peer, new ChangeMembers(RegionId.First, new MemberGoal.None(new StoreId(3))));

        var refusal = await World.FishForMessageAsync<RegionError.NotLeader>(_ => true, WaitTimeout);
        Assert.Equal(new StoreId(2), refusal.Leader?.Store);
    }

    [Fact]
    public async Task Whoever_asks_whether_it_is_a_member_is_told_when_it_is_none()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2) with { Epoch = new RegionEpoch(4, 1) }));

        FromOther(peer, 9, new RaftMessage.Inquiry(), from: 2);
        FromOther(peer, 9, new RaftMessage.Inquiry(), from: 3);

        var told = await World.FishForMessageAsync<OutboundRaftMessage>(
            sent => sent.Envelope.Message is RaftMessage.Removed, WaitTimeout);
        Assert.Equal((new StoreId(3), PeerOn(3), new RaftMessage.Removed(4)),
            (told.To, told.Envelope.To, told.Envelope.Message));
    }

    [Fact]
    public async Task A_peer_that_hears_no_leader_for_two_election_timeouts_asks_the_voters_whether_it_is_one_still()
    {
        var region = RegionOf(1, 2);
        var peer = await StartAsync(SpecOf(region with
        {
            Peers = [region.Peers[0] with { Role = MemberRole.Learner }, region.Peers[1],
                new Peer(PeerOn(3), new StoreId(3), MemberRole.Learner)],
        }));

        Tick(peer, 2 * new RaftOptions().ElectionTicks);

        var asked = await World.ExpectMsgAsync<OutboundRaftMessage>(WaitTimeout);
        Assert.Equal((new StoreId(2), new RaftMessage.Inquiry()), (asked.To, asked.Envelope.Message));
        Assert.Equal(RoleKind.Follower, (await StatusAsync(peer)).Role);
    }

    [Fact]
    public async Task A_peer_ends_when_most_of_the_others_say_that_it_was_removed()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        FromOther(peer, 9, new RaftMessage.Removed(4), from: 2);
        FromOther(peer, 9, new RaftMessage.Removed(4), from: 2);
        var status = await StatusAfterAsync(peer);
        FromOther(peer, 9, new RaftMessage.Removed(5), from: 3);

        await World.ExpectMsgAsync(new ReplicaRemoved(5), WaitTimeout);
        Assert.Equal(0, status.Refusals);
    }

    [Fact]
    public async Task What_is_for_another_replica_of_the_region_is_nothing_to_this_one()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        peer.Tell(new InboundRaftMessage(RegionId.First, new StoreId(2), new RaftEnvelope(
            PeerOn(2), new PeerId(1001), 9, new RaftMessage.SnapshotOffer(new LogPosition(50, 8)))));

        var status = await StatusAsync(peer);
        Assert.Equal((0L, 0), (status.Refusals, (int)status.Leader.Value));
    }

    private Task<ConfChangeOutcome> OutcomeAsync() =>
        World.FishForMessageAsync<ConfChangeOutcome>(_ => true, WaitTimeout).AsTask();
}
