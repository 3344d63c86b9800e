using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Raft;

public sealed class RaftPeerAdmissionTests : RaftPeerKit
{
    private static readonly Region Three = RegionOf(1, 2, 3);

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
    public async Task A_leader_that_hears_nobody_any_more_gives_up_what_it_has_proposed()
    {
        var peer = await StartLeaderOfThreeAsync();
        Ask(peer, Write(region: Three));
        await World.FishForMessageAsync<TrackProposals>(_ => true, WaitTimeout);

        Tick(peer, 40);

        await World.FishForMessageAsync<ForgetOutcomes>(_ => true, WaitTimeout);
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
}
