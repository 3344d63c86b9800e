using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Tests.Telemetry;

namespace TinyKv.Tests.Actors.Raft;

/// <summary>What a peer is told and does not believe.</summary>
public sealed class RaftPeerRefusalTests : RaftPeerKit
{
    [Fact]
    public async Task A_leader_that_hears_of_another_one_in_its_term_continues_and_says_so()
    {
        var peer = await ElectAsync(await StartAsync(SpecOf(RegionOf(1, 2, 3))));
        var term = (await StatusAfterAsync(peer)).Term;

        FromOther(peer, term, new RaftMessage.Heartbeat(0, 1), from: 3);
        FromOther(peer, term, new RaftMessage.Appended(1000), from: 3);

        var status = await StatusAsync(peer);
        Assert.Equal((RoleKind.Leader, term, 2L), (status.Role, status.Term, status.Refusals));
        Assert.Equal("store 3: acknowledges 1000, sent was 6", status.LastRefusal);
    }

    // Two votes from one store would be a majority.
    [Fact]
    public async Task A_store_speaks_for_no_replica_but_its_own()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));
        Tick(peer, 20);
        var poll = await SentAsync<RaftMessage.PreVote>();
        var granted = new RaftMessage.PreVoteReply(true, ((RaftMessage.PreVote)poll.Message).Round);

        FromOther(peer, poll.Term, granted, from: 3, store: 2);

        var status = await StatusAfterAsync(peer);
        Assert.Equal((RoleKind.PreCandidate, 1L), (status.Role, status.Refusals));
        Assert.Equal("store 2: speaks for the replica on store 3", status.LastRefusal);
    }

    [Fact]
    public async Task An_entry_that_no_replica_could_apply_does_not_enter_the_log()
    {
        var spec = SpecOf(RegionOf(1, 2, 3)) with { IsCommand = data => data.Span[0] != (byte)'?' };
        var peer = await StartAsync(spec);

        FromOther(peer, 6, new RaftMessage.Append(InitialState.Origin, Entries(6, 6, "a", "?"), 0));
        var status = await StatusAsync(peer);
        Assert.Equal((InitialState.Origin.Index, 1L), (status.LastIndex, status.Refusals));
        Assert.Equal("store 2: entry 7@6 is no command of region 1", status.LastRefusal);

        FromOther(peer, 6, new RaftMessage.Append(InitialState.Origin, Entries(6, 6, "a", "b"), 0));
        await World.FishForMessageAsync<OutboundRaftMessage>(
            said => said.Envelope.Message is RaftMessage.Appended { Match: 7 }, WaitTimeout);
    }

    // What it calls itself is its own word.
    [Fact]
    public async Task Who_says_it_is_named_by_its_store()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        await EventFilter.Warning("region 1: refused what store 2 says: speaks for the replica on store 1")
            .ExpectOneAsync(() => TellAsync(new RaftMessage.Heartbeat(0, 1), from: 1));
        await EventFilter.Warning("region 1: refused what store 3 says: answers term 6, which this member has not reached")
            .ExpectOneAsync(() => TellAsync(new RaftMessage.Appended(1), from: 3));
        Assert.Equal(
            "store 3: answers term 6, which this member has not reached", (await StatusAsync(peer)).LastRefusal);

        async Task TellAsync(RaftMessage message, ulong from)
        {
            FromOther(peer, 6, message, from, store: from == 1 ? 2 : from);
            await StatusAfterAsync(peer);
        }
    }

    [Fact]
    public async Task What_a_peer_refuses_is_counted()
    {
        var region = RegionOf(1, 2, 3) with { Id = new RegionId(4711) };
        var measured = new ConcurrentQueue<long>();
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var (name, of) in tags)
                if (name == "region" && of is 4711L) measured.Enqueue(value);
        });
        listener.EnableMeasurementEvents(
            Instruments.All.Single(instrument => instrument.Name == "tinykv.raft.refused_messages"));
        var peer = await StartAsync(SpecOf(region));

        for (var i = 0; i < 3; i++) FromOther(peer, long.MaxValue, new RaftMessage.Heartbeat(0, 1));
        FromOther(peer, 6, new RaftMessage.Heartbeat(0, 1));

        await StatusAfterAsync(peer);
        Assert.Equal([1, 1, 1], measured);
    }

    [Fact]
    public async Task What_a_peer_refuses_does_not_fill_the_log()
    {
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        await EventFilter.Warning(contains: "refused what").ExpectAsync(10, async () =>
        {
            for (var i = 0; i < 1000; i++) FromOther(peer, long.MaxValue, new RaftMessage.Heartbeat(0, 1));
            Assert.Equal(1000, (await StatusAfterAsync(peer)).Refusals);
        });
    }

    [Fact]
    public async Task Nor_does_a_term_that_rises_with_every_message()
    {
        Sys.EventStream.SetLogLevel(LogLevel.InfoLevel);
        var peer = await StartAsync(SpecOf(RegionOf(1, 2, 3)));

        await EventFilter.Info(contains: "knows no leader").ExpectAsync(10, async () =>
        {
            for (var term = 1; term <= 100; term++) FromOther(peer, term, new RaftMessage.Vote(Granted: false));
            Assert.Equal(100, (await StatusAfterAsync(peer)).Term);
        });
    }
}
