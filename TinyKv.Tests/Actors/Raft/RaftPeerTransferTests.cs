using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>What a peer answers who wants another to lead, and when.</summary>
public sealed class RaftPeerTransferTests : RaftPeerKit
{
    [Fact]
    public async Task A_transfer_is_answered_when_the_other_leads()
    {
        var (peer, told) = await HandOverAsync(new StoreId(2));

        FromOther(peer, told.Term + 1, new RaftMessage.Heartbeat(0, 1));

        Assert.IsType<TransferOutcome.Done>(await OutcomeAsync());
    }

    [Fact]
    public async Task A_store_that_leaves_gives_leadership_to_whom_it_hears()
    {
        var (peer, told) = await HandOverAsync(StoreId.None);

        FromOther(peer, told.Term + 1, new RaftMessage.Heartbeat(0, 1));

        Assert.IsType<TransferOutcome.Done>(await OutcomeAsync());
    }

    [Fact]
    public async Task A_transfer_to_who_does_not_win_is_given_up_after_an_election_timeout()
    {
        var (peer, told) = await HandOverAsync(new StoreId(2));

        await WaitForElectionTimeoutAsync(peer, told.Term);

        Assert.Equal(new TransferOutcome.GivenUp(Behind: 0), await OutcomeAsync());
    }

    [Fact]
    public async Task A_transfer_to_who_is_behind_is_given_up_with_how_much_it_lacks()
    {
        var peer = await ElectAsync(await StartAsync(SpecOf(RegionOf(1, 2, 3))));
        var term = (await StatusAfterAsync(peer)).Term;

        Ask(peer, new TransferLeadership(RegionId.First, new StoreId(3)));
        await WaitForElectionTimeoutAsync(peer, term);

        var outcome = Assert.IsType<TransferOutcome.GivenUp>(await OutcomeAsync());
        Assert.True(outcome.Behind > 0);
    }

    [Theory]
    [InlineData(1, TransferRefusal.LeadsAlready)]
    [InlineData(9, TransferRefusal.NoSuchPeer)]
    public async Task A_transfer_that_cannot_be_is_refused_at_once(ulong store, TransferRefusal reason)
    {
        var peer = await ElectAsync(await StartAsync(SpecOf(RegionOf(1, 2, 3))));

        Ask(peer, new TransferLeadership(RegionId.First, new StoreId(store)));

        Assert.Equal(reason, Assert.IsType<TransferOutcome.Refused>(await OutcomeAsync()).Reason);
    }

    [Fact]
    public async Task Only_the_leader_takes_a_transfer()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        FromOther(peer, 7, new RaftMessage.Heartbeat(0, 1));

        Ask(peer, new TransferLeadership(RegionId.First, new StoreId(3)));

        var refusal = await World.FishForMessageAsync<RegionError.NotLeader>(_ => true, WaitTimeout);
        Assert.Equal(new StoreId(2), refusal.Leader?.Store);
    }

    [Fact]
    public async Task Who_waits_for_a_peer_that_stops_is_told()
    {
        var (peer, _) = await HandOverAsync(new StoreId(2));

        Sys.Stop(peer);

        await World.FishForMessageAsync<RegionError.NotLeader>(_ => true, WaitTimeout);
    }

    // With one follower that is heard meanwhile: who hears nobody leads no more.
    private async Task WaitForElectionTimeoutAsync(IActorRef peer, long term)
    {
        var last = (await StatusAfterAsync(peer)).LastIndex;
        var ticks = new RaftOptions().ElectionTicks;
        Tick(peer, ticks / 2);
        FromOther(peer, term, new RaftMessage.Appended(last));
        Tick(peer, ticks - ticks / 2);
    }

    // A leader whose follower on store 2 has all, and was told to stand for election.
    private async Task<(IActorRef Peer, RaftEnvelope Told)> HandOverAsync(StoreId to)
    {
        var peer = await ElectAsync(await StartAsync(SpecOf(RegionOf(1, 2, 3))));
        var sent = await SentAsync<RaftMessage.Append>();
        var append = (RaftMessage.Append)sent.Message;
        FromOther(peer, sent.Term, new RaftMessage.Appended(append.Previous.Index + append.Entries.Length));
        Ask(peer, new TransferLeadership(RegionId.First, to));
        return (peer, await SentAsync<RaftMessage.TimeoutNow>());
    }

    private Task<TransferOutcome> OutcomeAsync() =>
        World.FishForMessageAsync<TransferOutcome>(_ => true, WaitTimeout).AsTask();
}
