using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Tests.Actors.Raft;

public sealed class RaftPeerDurabilityTests : RaftPeerKit
{
    [Fact]
    public async Task The_first_event_of_a_journal_is_the_initial_state()
    {
        await StartLeaderAsync();

        var initial = Assert.IsType<InitialState>(Gate.Stored[0]);
        Assert.Equal(RegionOf(1).ToConfiguration(), initial.Configuration);
        Assert.Equal(new LogPosition(5, 5), initial.Truncated);
        Assert.All(Gate.Stored.Skip(1), @event => Assert.IsType<RaftRecord>(@event));
    }

    [Fact]
    public async Task Nothing_is_said_before_the_initial_state_is_stored_and_the_engine_knows()
    {
        Gate.Mode = GateMode.Held;
        var parent = CreateTestProbe();
        var peer = parent.ChildActorOf(RaftPeer.Props(SpecOf(RegionOf(1, 2, 3))));
        FromOther(peer, 6, new RaftMessage.RequestVote(new LogPosition(5, 5)));
        await Gate.ArrivedAsync();
        Assert.False(parent.HasMessages || World.HasMessages);

        Gate.Open();

        await parent.ExpectMsgAsync<JournalBorn>(WaitTimeout);
        FromOther(peer, 6, new RaftMessage.RequestVote(new LogPosition(5, 5)));
        peer.Tell(new RegionCreated(RegionId.First));
        FromOther(peer, 7, new RaftMessage.RequestVote(new LogPosition(5, 5)));

        await parent.ExpectMsgAsync<PeerReady>(WaitTimeout);
        Assert.Equal(7, (await SentAsync<RaftMessage.Vote>()).Term);
    }

    [Fact]
    public async Task A_peer_whose_birth_was_not_noted_waits_for_it_although_its_journal_is_there()
    {
        var first = await StartAsync(SpecOf(RegionOf(1)));
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        await StartAsync(SpecOf(RegionOf(1)));

        Assert.Single(Gate.Stored.OfType<InitialState>());
    }

    [Fact]
    public async Task A_vote_leaves_only_after_it_is_stored()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        Gate.Mode = GateMode.Held;
        FromOther(peer, 6, new RaftMessage.RequestVote(new LogPosition(5, 5)));

        Assert.Equal(6, (await StatusAsync(peer)).Term);
        Gate.Open();

        Assert.Equal(new RaftMessage.Vote(true), (await World.ExpectMsgAsync<OutboundRaftMessage>(WaitTimeout)).Envelope.Message);
        Assert.Contains(Gate.Stored, stored => stored is RaftRecord { Term: 6, Vote.Value: 12 });
    }

    [Fact]
    public async Task Entries_are_acknowledged_only_after_they_are_stored()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        Gate.Mode = GateMode.Held;
        FromOther(peer, 6, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 6, "x", "y"), 5));

        Assert.Equal(7, (await StatusAsync(peer)).LastIndex);
        Gate.Open();

        var answer = await World.ExpectMsgAsync<OutboundRaftMessage>(WaitTimeout);
        Assert.Equal(new RaftMessage.Appended(7), answer.Envelope.Message);
    }

    [Fact]
    public async Task A_repeated_append_is_acknowledged_no_earlier_than_the_first()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        Gate.Mode = GateMode.Held;
        var append = new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 6, "x"), 5);
        FromOther(peer, 6, append);
        FromOther(peer, 6, append);

        await StatusAsync(peer);
        Gate.Open();

        var answer = await World.ExpectMsgAsync<OutboundRaftMessage>(WaitTimeout);
        Assert.Equal(new RaftMessage.Appended(6), answer.Envelope.Message);
    }

    [Fact]
    public async Task A_leaders_appends_do_not_wait_for_its_own_write()
    {
        var region = RegionOf(1, 2, 3);
        var peer = await ElectAsync(await StartAsync(SpecOf(region)));
        await SentAsync<RaftMessage.Append>();
        FromOther(peer, 6, new RaftMessage.Appended(6));
        await World.FishForMessageAsync<ApplyEntries>(_ => true, WaitTimeout);
        Gate.Mode = GateMode.Held;
        Ask(peer, Write(region: region));

        var append = (RaftMessage.Append)(await SentAsync<RaftMessage.Append>()).Message;

        Assert.Equal(7, append.Entries[^1].Index);
        Assert.DoesNotContain(Gate.Stored, stored => stored is RaftRecord record && record.Entries.Any(e => e.Index == 7));
        Gate.Open();
    }

    [Fact]
    public async Task A_peer_that_is_made_again_is_what_it_was()
    {
        var first = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        FromOther(first, 7, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 7, "x", "y"), 5));
        await SentAsync<RaftMessage.Appended>();
        Watch(first);
        Sys.Stop(first);
        await ExpectTerminatedAsync(first, WaitTimeout);

        var second = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        var status = await StatusAsync(second);
        Assert.Equal((7, 7, RoleKind.Follower), (status.Term, status.LastIndex, status.Role));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_fails_or_is_rejected_stops_the_peer_and_says_nothing(bool rejected)
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        Watch(peer);
        Gate.Mode = rejected ? GateMode.Rejecting : GateMode.Failing;

        FromOther(peer, 6, new RaftMessage.RequestVote(new LogPosition(5, 5)));

        await ExpectTerminatedAsync(peer, WaitTimeout);
        Assert.False(World.HasMessages);
    }

    // Seed 54 of the simulation of nodes: the store could never start again.
    [Fact]
    public async Task Behind_a_record_that_is_rejected_no_other_is_stored()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        await DrainAsync();
        Watch(peer);
        Gate.Mode = GateMode.Held;
        FromOther(peer, 6, new RaftMessage.Append(new LogPosition(5, 5), Entries(6, 6, "x"), 5));
        FromOther(peer, 6, new RaftMessage.Append(new LogPosition(6, 6), Entries(7, 6, "y"), 5));
        Assert.Equal(7, (await StatusAsync(peer)).LastIndex);
        // The peer has both; the journal may be about to get the first.
        await Gate.ArrivedAsync();

        Gate.RejectHeld();

        await ExpectTerminatedAsync(peer, WaitTimeout);
        Assert.DoesNotContain(Gate.Stored, stored => stored is RaftRecord);
        Assert.False(World.HasMessages);
    }

    [Theory]
    [InlineData("1, 2")]
    [InlineData("1, 2, 3, 4")]
    [InlineData("1, 2, 4")]
    public async Task A_journal_of_other_members_ends_the_store(string members)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Sys.Stop(await StartAsync(SpecOf(RegionOf(1, 2, 3))));

        CreateTestProbe().ChildActorOf(RaftPeer.Props(SpecOf(RegionOf([.. members.Split(',').Select(ulong.Parse)]))));

        var others = string.Join(", ", members.Split(", ").Select(store => $"peer 1{store} on store {store}"));
        Assert.Contains(
            $"has the members peer 11 on store 1, peer 12 on store 2, peer 13 on store 3 at 5, and the engine has {others}",
            $"{await ExpectMsgAsync<StoreFailed>(WaitTimeout)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_of_another_data_directory_ends_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Sys.Stop(await StartAsync(SpecIn(new DirectoryId(7))));

        CreateTestProbe().ChildActorOf(RaftPeer.Props(SpecIn(new DirectoryId(8))));

        Assert.Contains("belongs to the data directory 0000000000000007, this is the data directory 0000000000000008",
            $"{await ExpectMsgAsync<StoreFailed>(WaitTimeout)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_journal_of_a_peer_that_was_born_ends_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));

        CreateTestProbe().ChildActorOf(RaftPeer.Props(SpecOf(RegionOf(1)) with { JournalBorn = true }));

        Assert.Contains("is empty", $"{await ExpectMsgAsync<StoreFailed>(WaitTimeout)}", StringComparison.Ordinal);
        Assert.Empty(Gate.Stored);
    }

    [Fact]
    public async Task A_journal_without_an_initial_state_ends_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Gate.Preload("peer", new RaftRecord(6, PeerId.None, []));

        CreateTestProbe().ChildActorOf(RaftPeer.Props(SpecOf(RegionOf(1))));

        var failed = await ExpectMsgAsync<StoreFailed>(WaitTimeout);
        Assert.Contains("no initial state", $"{failed}", StringComparison.Ordinal);
    }

    private RaftPeerSpec SpecIn(DirectoryId directory) => SpecOf(RegionOf(1)) with
    {
        InitialState = RaftPeerSpec.InitialStateOf(RegionOf(1), InitialState.Origin, directory),
    };
}
