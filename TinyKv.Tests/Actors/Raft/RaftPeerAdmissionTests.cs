using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Commands;
using TinyKv.Tests.Actors.Messages;

namespace TinyKv.Tests.Actors.Raft;

public sealed class RaftPeerAdmissionTests : RaftPeerKit
{
    private static readonly Region Three = RegionOf(1, 2, 3);

    [Fact]
    public async Task A_peer_asks_for_one_tick_after_the_other()
    {
        var ticker = CreateTestProbe();
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)) with { Ticker = ticker.Ref });
        for (var i = 0; i < 3; i++)
        {
            await ticker.ExpectMsgAsync<Ticker.AwaitTick>(WaitTimeout);
            Assert.Equal(peer, ticker.LastSender);
            Assert.False(ticker.HasMessages);
            Tick(peer, 1);
        }
    }

    [Fact]
    public async Task A_follower_names_the_leader()
    {
        var peer = await StartAsync(SpecOf(Three));
        FromOther(peer, 6, new RaftMessage.Heartbeat(0, 0));
        await StatusAfterAsync(peer);

        Ask(peer, Write(region: Three));

        Assert.Equal(new RegionError.NotLeader(RegionId.First, Three.Peers[1]), await RefusalAsync());
    }

    [Fact]
    public async Task An_electing_peer_names_nobody()
    {
        var peer = await StartAsync(SpecOf(Three));
        Tick(peer, 20);
        await StatusAfterAsync(peer);

        Ask(peer, new Read(RegionId.First, ContextOf(Three)));

        Assert.Equal(new RegionError.NotLeader(RegionId.First, null), await RefusalAsync());
    }

    [Fact]
    public async Task A_leader_proposes_and_tells_the_state_machine_who_waits_before_what_to_apply()
    {
        var peer = await StartLeaderAsync();

        Ask(peer, Write());

        var tracked = await World.ExpectMsgAsync<TrackProposals>(WaitTimeout);
        var applied = await World.ExpectMsgAsync<ApplyEntries>(WaitTimeout);
        Assert.Equal(applied.Entries[0].Position, Assert.Single(tracked.Proposals).Position);
    }

    [Fact]
    public async Task A_leader_confirms_a_read_before_it_is_served()
    {
        var peer = await StartLeaderOfThreeAsync();
        Ask(peer, new Read(RegionId.First, ContextOf(Three)));
        var round = ((RaftMessage.Heartbeat)(await SentAsync<RaftMessage.Heartbeat>()).Message).Round;
        await StatusAfterAsync(peer);
        Assert.False(World.HasMessages);

        FromOther(peer, 6, new RaftMessage.HeartbeatReply(round));

        var reads = await World.FishForMessageAsync<ServeReads>(_ => true, WaitTimeout);
        Assert.Equal((6, 6), (reads.Index, reads.Term));
    }

    [Fact]
    public async Task A_read_whose_leader_is_deposed_before_it_is_confirmed_is_refused()
    {
        var peer = await StartLeaderOfThreeAsync();
        Ask(peer, new Read(RegionId.First, ContextOf(Three)));
        var round = ((RaftMessage.Heartbeat)(await SentAsync<RaftMessage.Heartbeat>()).Message).Round;
        FromOther(peer, 7, new RaftMessage.Heartbeat(0, 1), from: 3);

        FromOther(peer, 6, new RaftMessage.HeartbeatReply(round));

        Assert.Equal(new RegionError.NotLeader(RegionId.First, Three.Peers[2]), await RefusalAsync());
        await StatusAfterAsync(peer);
        Assert.False(World.HasMessages);
    }

    [Fact]
    public async Task Reads_that_wait_for_their_confirmation_count_as_queued()
    {
        var peer = await StartLeaderOfThreeAsync(maxQueued: 2);
        for (var i = 0; i < 2; i++)
        {
            Ask(peer, new Read(RegionId.First, ContextOf(Three)));
            await StatusAfterAsync(peer);
        }

        Ask(peer, new Read(RegionId.First, ContextOf(Three)));

        Assert.True(Assert.IsType<RegionError.ServerIsBusy>(await RefusalAsync()).BackoffMs > 0);
    }

    [Fact]
    public async Task Queued_bytes_count_even_when_nothing_is_proposed_yet()
    {
        var peer = await StartLeaderAsync(options: new RaftOptions { MaxPendingBytes = 100 });
        Gate.Mode = GateMode.Held;
        Ask(peer, Write());
        await Gate.ArrivedAsync();
        var value = new string('v', 60);
        Ask(peer, Write(value: value));

        Ask(peer, Write(value: value));

        Assert.True(Assert.IsType<RegionError.ServerIsBusy>(await RefusalAsync()).BackoffMs > 0);
        Gate.Open();
    }

    [Fact]
    public async Task A_leader_that_hears_nobody_for_long_gives_up_what_it_has_proposed()
    {
        var peer = await StartLeaderOfThreeAsync();
        Ask(peer, Write(region: Three));
        await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);

        Tick(peer, 150);

        await World.FishForMessageAsync<ForgetOutcomes>(_ => true, WaitTimeout);
    }

    [Fact]
    public async Task A_leader_that_has_to_stand_for_election_does_not_give_up_what_it_has_proposed()
    {
        var peer = await StartLeaderOfThreeAsync();
        Ask(peer, Write(region: Three));
        await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);

        Tick(peer, 80);
        Ask(peer, DescribeReplica.Instance);

        var said = new List<object>();
        await World.FishForMessageAsync(message => message is ReplicaStatus || Note(message), WaitTimeout);
        Assert.Contains(said, message => message is OutboundRaftMessage { Envelope.Message: RaftMessage.PreVote });
        Assert.DoesNotContain(ForgetOutcomes.Instance, said);

        bool Note(object message)
        {
            said.Add(message);
            return false;
        }
    }

    public static TheoryData<string, Type> Refusals => new()
    {
        { "store", typeof(RegionError.StoreNotMatch) },
        { "no peer", typeof(RegionError.StoreNotMatch) },
        { "peer", typeof(RegionError.RegionNotFound) },
        { "term", typeof(RegionError.StaleCommand) },
        { "epoch", typeof(RegionError.EpochNotMatch) },
        { "no epoch", typeof(RegionError.EpochNotMatch) },
        { "key", typeof(RegionError.KeyNotInRegion) },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_leader_refuses_what_does_not_fit_the_region(string what, Type refusal)
    {
        var peer = await StartLeaderAsync();
        var context = ContextOf(RegionOf(1));
        var self = context.Peer!.Value;
        Ask(peer, what switch
        {
            "store" => Write(context: context with { Peer = self with { Store = new StoreId(9) } }),
            "no peer" => Write(context: context with { Peer = null }),
            "peer" => Write(context: context with { Peer = self with { Id = new PeerId(9) } }),
            "term" => Write(context: context with { Term = 4 }),
            "epoch" => Write(context: context with { Epoch = new RegionEpoch(1, 2) }),
            "no epoch" => Write(context: context with { Epoch = null }),
            _ => Write(key: "z"),
        });

        Assert.IsType(refusal, await RefusalAsync());
    }

    [Fact]
    public async Task A_term_that_is_one_behind_is_served()
    {
        var peer = await StartLeaderAsync();

        Ask(peer, Write(context: ContextOf(RegionOf(1)) with { Term = 5 }));

        await World.ExpectMsgAsync<TrackProposals>(WaitTimeout);
    }

    [Fact]
    public async Task Proposals_that_come_during_a_write_share_the_next_record()
    {
        var peer = await StartLeaderAsync();
        Gate.Mode = GateMode.Held;
        Ask(peer, Write());
        Assert.Single(await Gate.ArrivedAsync());
        for (var i = 0; i < 10; i++) Ask(peer, Write());
        await StatusAfterAsync(peer);

        Gate.Open();

        var next = Assert.IsType<RaftRecord>(Assert.Single(await Gate.ArrivedAsync()));
        Assert.Equal(10, next.Entries.Length);
    }

    [Fact]
    public async Task Writes_that_come_during_a_write_share_an_entry_as_far_as_they_may()
    {
        var peer = await StartLeaderAsync();
        Gate.Mode = GateMode.Held;
        Ask(peer, Write());
        await Gate.ArrivedAsync();
        await World.ExpectMsgAsync<TrackProposals>(WaitTimeout);
        foreach (var mayShare in new[] { true, true, false, true, true })
            Ask(peer, Write() with { MayShareEntry = mayShare });
        await StatusAfterAsync(peer);

        Gate.Open();

        var next = Assert.IsType<RaftRecord>(Assert.Single(await Gate.ArrivedAsync()));
        Assert.Equal([2, 1, 2], next.Entries.Select(entry => WritesIn(entry.Data)));
        var awaited = await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);
        Assert.Equal([3, 3, 4, 5, 5], awaited.Proposals.Select(proposal => proposal.Position.Index - next.Entries[0].Index + 3));
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once()
    {
        var peer = await StartLeaderAsync(maxQueued: 2);
        Gate.Mode = GateMode.Held;
        Ask(peer, Write());
        await Gate.ArrivedAsync();
        for (var i = 0; i < 3; i++) Ask(peer, Write());

        Assert.True(Assert.IsType<RegionError.ServerIsBusy>(await RefusalAsync()).BackoffMs > 0);
        Gate.Open();
    }

    [Fact]
    public async Task Proposals_that_were_not_taken_up_are_refused_when_leadership_is_lost()
    {
        var peer = await StartLeaderOfThreeAsync();
        Gate.Mode = GateMode.Held;
        Ask(peer, Write(region: Three));
        await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);
        Ask(peer, Write(region: Three));
        FromOther(peer, 9, new RaftMessage.Heartbeat(0, 0), from: 3);

        Assert.Equal(new RegionError.NotLeader(RegionId.First, Three.Peers[2]), await RefusalAsync());
        Gate.Open();
    }

    [Fact]
    public async Task Whoever_waits_in_a_peer_that_stops_is_told_so()
    {
        var peer = await StartLeaderAsync();
        Gate.Mode = GateMode.Held;
        Ask(peer, Write());
        await Gate.ArrivedAsync();
        Ask(peer, Write());
        await StatusAfterAsync(peer);

        Sys.Stop(peer);

        Assert.IsType<RegionError.NotLeader>(await RefusalAsync());
    }

    [Fact]
    public async Task What_came_in_one_message_shares_a_record()
    {
        var peer = await StartLeaderAsync();
        Gate.Mode = GateMode.Held;

        peer.Tell(new Together(Sys).Ask(Write(), Write(), Write()));

        Assert.Equal(3, Assert.IsType<RaftRecord>(Assert.Single(await Gate.ArrivedAsync())).Entries.Length);
        Gate.Open();
    }

    [Fact]
    public async Task What_came_in_one_message_shares_a_confirmation()
    {
        var peer = await StartLeaderOfThreeAsync();
        var read = new Read(RegionId.First, ContextOf(Three));
        var batch = new Together(Sys).Ask(read, read, read);

        peer.Tell(batch);
        var round = ((RaftMessage.Heartbeat)(await SentAsync<RaftMessage.Heartbeat>()).Message).Round;
        FromOther(peer, 6, new RaftMessage.HeartbeatReply(round));

        var reads = await World.FishForMessageAsync<ServeReads>(_ => true, WaitTimeout);
        Assert.Equal(batch.Requests.Select(each => each.Asker), reads.Askers);
    }

    [Fact]
    public async Task Of_one_message_some_are_refused_for_want_of_room_and_the_others_proceed()
    {
        var peer = await StartLeaderAsync(maxQueued: 2);
        var group = new Together(Sys);
        var batch = group.Ask(Write(), Write(), Write(), Write(key: "z"));

        peer.Tell(batch);

        var tracked = await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);
        Assert.Equal(batch.Requests.Take(2).Select(each => each.Asker), tracked.Proposals.Select(each => each.Asker));
        var refused = await group.NextAsync();
        Assert.Equal(batch.Requests.Skip(2).Select(each => each.Asker), refused.Select(each => each.Asker));
        Assert.IsType<RegionError.ServerIsBusy>(refused[0].Answer);
        Assert.IsType<RegionError.KeyNotInRegion>(refused[1].Answer);
    }

    [Fact]
    public async Task A_follower_names_the_leader_to_each_of_a_message()
    {
        var peer = await StartAsync(SpecOf(Three));
        FromOther(peer, 6, new RaftMessage.Heartbeat(0, 0));
        var group = new Together(Sys);

        peer.Tell(group.Ask(Write(region: Three), new Read(RegionId.First, ContextOf(Three))));

        var refused = await group.NextAsync();
        Assert.Equal(2, refused.Count);
        Assert.All(refused, each =>
            Assert.Equal(new RegionError.NotLeader(RegionId.First, Three.Peers[1]), each.Answer));
    }

    [Fact]
    public async Task Those_of_a_message_that_were_not_taken_up_are_refused_together_when_leadership_is_lost()
    {
        var peer = await StartLeaderOfThreeAsync();
        Gate.Mode = GateMode.Held;
        Ask(peer, Write(region: Three));
        await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);
        var group = new Together(Sys);
        var read = new Read(RegionId.First, ContextOf(Three));

        peer.Tell(group.Ask(Write(region: Three), read, read));
        FromOther(peer, 9, new RaftMessage.Heartbeat(0, 0), from: 3);

        var refused = await group.NextAsync();
        Assert.Equal(3, refused.Count);
        Assert.All(refused, each =>
            Assert.Equal(new RegionError.NotLeader(RegionId.First, Three.Peers[2]), each.Answer));
        Gate.Open();
    }

    [Fact]
    public async Task The_parent_hears_who_leads_and_that_the_peer_has_caught_up()
    {
        await StartLeaderAsync();

        var view = await Parent.FishForMessageAsync<PeerView>(seen => seen.CaughtUp, WaitTimeout);

        Assert.Equal((RoleKind.Leader, RegionOf(1).Peers[0]), (view.Change.Role, view.Leader!.Value));
    }

    /// <summary>A leader of three whose first entry is committed and applied.</summary>
    private async Task<IActorRef> StartLeaderOfThreeAsync(int maxQueued = 100)
    {
        var peer = await ElectAsync(await StartAsync(SpecOf(Three, maxQueued)));
        await SentAsync<RaftMessage.Append>();
        FromOther(peer, 6, new RaftMessage.Appended(6));
        await World.FishForMessageAsync<ApplyEntries>(_ => true, WaitTimeout);
        peer.Tell(new EntriesApplied(6));
        await StatusAfterAsync(peer);
        return peer;
    }

    private async Task<RegionError> RefusalAsync() => await World.FishForMessageAsync<RegionError>(_ => true, WaitTimeout);

    private static int WritesIn(ReadOnlyMemory<byte> command) =>
        CommandCodec.Decode(command) is WriteGroup group ? group.Writes.Count : 1;
}
