using System.Collections.Concurrent;
using Akka.Actor;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Tests.Actors.Apply;
using TinyKv.Tests.Actors.Messages;
using TinyKv.Tests.Actors.Raft;

namespace TinyKv.Tests.Actors.Regions;

public sealed class RegionActorTests : RaftPeerKit
{
    private readonly RegionTable _table = new();
    private readonly ConcurrentQueue<bool> _born = [];

    [Fact]
    public async Task A_write_and_a_read_go_through_the_log_to_the_engine()
    {
        using var engine = new MemoryEngine();
        var region = Start(engine);
        await ReadyAsync();

        Ask(region, Write("b"));
        await World.ExpectMsgAsync<Written>(WaitTimeout);
        var group = new Together(Sys);
        region.Tell(group.Ask(Write("c"), Write("d")));
        Assert.Equal([Written.Instance, Written.Instance], (await group.NextAsync()).Select(each => each.Answer));
        Ask(region, new Read(RegionId.First, ContextOf(RegionOf(1))));

        Assert.Equal(RegionOf(1), (await World.ExpectMsgAsync<ReadView>(WaitTimeout)).Region, RegionComparer);
        using var snapshot = engine.Snapshot();
        Assert.Equal(TestBytes("v"), snapshot.Get(ColumnFamily.Default, TestBytes("b")));
    }

    [Fact]
    public async Task A_peer_whose_journal_failed_is_restarted_and_continues()
    {
        using var engine = new MemoryEngine();
        var region = Start(engine);
        await ReadyAsync();
        Gate.Mode = GateMode.Failing;
        Ask(region, Write("b"));
        await Node.Eventually.Async(() => Task.FromResult(_table.Find(RegionId.First) is { IsReady: false } away ? away : null));
        Gate.Mode = GateMode.Open;
        await ReadyAsync();

        Ask(region, Write("c"));

        // The first was never in the log: the new leader's first entry has displaced it.
        await World.FishForMessageAsync<RegionError.NotLeader>(_ => true, WaitTimeout);
        await World.FishForMessageAsync<Written>(_ => true, WaitTimeout);
        // Its journal cannot be empty any more.
        Assert.False(_born.TryDequeue(out var first) && first);
        Assert.NotEmpty(_born);
        Assert.DoesNotContain(false, _born);
    }

    [Fact]
    public async Task While_the_peer_recovers_requests_are_refused_at_once()
    {
        using var engine = new MemoryEngine();
        Gate.Mode = GateMode.Held;
        var region = Start(engine);
        await Gate.ArrivedAsync();

        Ask(region, Write("b"));

        Assert.Equal(
            new RegionError.NotLeader(RegionId.First, null), await World.ExpectMsgAsync<RegionError.NotLeader>(WaitTimeout));
        Gate.Open();
    }

    [Fact]
    public async Task While_the_peer_recovers_each_request_of_a_message_is_refused()
    {
        using var engine = new MemoryEngine();
        Gate.Mode = GateMode.Held;
        var region = Start(engine);
        await Gate.ArrivedAsync();
        var group = new Together(Sys);

        region.Tell(group.Ask(Write("b"), Write("c", context: ContextOf(RegionOf(9)))));

        Assert.Equal(
            [new RegionError.NotLeader(RegionId.First, null), new RegionError.StoreNotMatch(new StoreId(9), new StoreId(1))],
            (await group.NextAsync()).Select(each => each.Answer));
        Gate.Open();
    }

    [Fact]
    public async Task An_engine_that_fails_ends_the_store_and_answers_nobody()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        using var engine = new FaultyEngine(new MemoryEngine());
        var region = Start(engine);
        await ReadyAsync();
        engine.Fails = true;

        Ask(region, Write("b"));

        var failed = await ExpectMsgAsync<StoreFailed>(WaitTimeout);
        Assert.Contains("region 1", failed.Reason, StringComparison.Ordinal);
        Assert.Equal(FaultyEngine.Failure, failed.Cause?.Message);
        Assert.False(World.HasMessages);
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_stops_the_region_and_not_the_store_after_every_restart()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        using var engine = new MemoryEngine();
        var region = Start(engine);
        await ReadyAsync();
        Ask(region, Write("b"));
        await World.ExpectMsgAsync<Written>(WaitTimeout);

        Ask(region, Write("c") with { Command = "no command"u8.ToArray() });

        await World.ExpectMsgAsync<RegionError.StaleCommand>(WaitTimeout);
        await MustBeStoppedAsync(region);
        Sys.Stop(region);
        _table.Post(new ReplicaView(RegionOf(1), null));
        await MustBeStoppedAsync(Start(engine));
        Assert.False(HasMessages);
        using var snapshot = engine.Snapshot();
        Assert.Equal(TestBytes("v"), snapshot.Get(ColumnFamily.Default, TestBytes("b")));
        Assert.Null(snapshot.Get(ColumnFamily.Default, TestBytes("c")));
    }

    private async Task MustBeStoppedAsync(IActorRef region)
    {
        var view = await Node.Eventually.Async(() =>
            Task.FromResult(_table.Find(RegionId.First) is { Stopped: not null } stopped ? stopped : null));
        Assert.False(view.IsReady);
        Ask(region, Write("d"));
        var refusal = await World.FishForMessageAsync<RegionError.RegionStopped>(_ => true, WaitTimeout);
        Assert.Contains("cannot be read", refusal.Message, StringComparison.Ordinal);
        Ask(region, DescribeReplica.Instance);
        var status = await World.ExpectMsgAsync<ReplicaStatus>(WaitTimeout);
        Assert.Equal(refusal.Reason, status.StoppedBecause);
    }

    private IActorRef Start(IEngine engine)
    {
        var initial = RegionOf(1);
        var record = ApplyActorKit.RecordIn(engine, initial);
        return Sys.ActorOf(RegionActor.Props(
            new RegionSpec
            {
                Record = record,
                Self = initial.Peers[0],
                Applier = ApplyActor.Props(engine, ApplyActorKit.KvSpec(engine, initial)),
                Peer = (state, applier, _, _) =>
                {
                    _born.Enqueue(state.Record.JournalBorn);
                    return RaftPeer.Props(SpecOf(initial, applied: state.Applied.Index) with
                    {
                        Applier = applier,
                        JournalBorn = state.Record.JournalBorn,
                    });
                },
                Seed = 1,
            },
            _table));
    }

    private Task<ReplicaView> ReadyAsync() => Node.Eventually.Async(() =>
        Task.FromResult(_table.Find(RegionId.First) is { IsReady: true } ready ? ready : null));

    private static bool RegionComparer(Region a, Region b) => a.Id == b.Id && a.Range == b.Range && a.Epoch == b.Epoch;
}
