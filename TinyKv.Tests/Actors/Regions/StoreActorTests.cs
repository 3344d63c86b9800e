using Akka.Actor;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Actors.Regions;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Tests.Actors.Apply;
using TinyKv.Tests.Actors.Messages;
using TinyKv.Tests.Actors.Raft;

namespace TinyKv.Tests.Actors.Regions;

public sealed class StoreActorTests : RaftPeerKit
{
    private static readonly RegionError NotLed = new RegionError.NotLeader(RegionId.First, null);

    [Fact]
    public async Task A_request_that_a_stopped_peer_leaves_behind_is_refused()
    {
        using var engine = new MemoryEngine();
        Sys.ActorOf(StoreActor.Props(SpecOf(engine)));
        var gone = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        await ExpectTerminatedAsync(gone, WaitTimeout);

        // Again until the store has subscribed.
        var refusal = await Node.Eventually.Async(async () =>
        {
            Ask(gone, new Read(RegionId.First, null));
            await Task.Yield();
            return World.HasMessages ? await World.ExpectMsgAsync<RegionError.NotLeader>(WaitTimeout) : null;
        });

        Assert.Equal(new RegionError.NotLeader(RegionId.First, null), refusal);
    }

    [Fact]
    public async Task A_message_that_a_stopped_peer_leaves_behind_is_refused_each_request_of_it()
    {
        using var engine = new MemoryEngine();
        Sys.ActorOf(StoreActor.Props(SpecOf(engine)));
        var gone = CreateTestProbe();
        Watch(gone);
        Sys.Stop(gone);
        await ExpectTerminatedAsync(gone, WaitTimeout);
        var (group, read) = (new Together(Sys), new Read(RegionId.First, null));

        // Again until the store has subscribed.
        var refused = await Node.Eventually.Async(async () =>
        {
            gone.Tell(group.Ask(read, read));
            await Task.Yield();
            return group.Deliveries().FirstOrDefault();
        });

        Assert.Equal([NotLed, NotLed], refused.Select(each => each.Answer));
    }

    [Fact]
    public async Task Of_a_message_for_a_region_that_is_not_here_each_request_is_refused()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine)));
        var (group, read) = (new Together(Sys), new Read(new RegionId(9), null));

        store.Tell(group.Ask(read) with { Region = new RegionId(9) });
        store.Tell(Begin.Instance, TestActor);
        store.Tell(group.Ask(read, read) with { Region = new RegionId(9) });

        Assert.Equal(new RegionError.NotLeader(new RegionId(9), null), Assert.Single(await group.NextAsync()).Answer);
        Assert.Equal(
            [new RegionError.RegionNotFound(new RegionId(9)), new RegionError.RegionNotFound(new RegionId(9))],
            (await group.NextAsync()).Select(each => each.Answer));
    }

    [Fact]
    public async Task A_region_that_is_not_here_is_not_found()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine)));
        store.Tell(Begin.Instance, TestActor);

        Ask(store, new Read(new RegionId(9), null));

        Assert.Equal(new RegionError.RegionNotFound(new RegionId(9)), await World.ExpectMsgAsync<RegionError>(WaitTimeout));
    }

    [Fact]
    public async Task Before_the_cluster_is_formed_nothing_is_led()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine)));

        Ask(store, new Read(RegionId.First, null));

        Assert.Equal(
            new RegionError.NotLeader(RegionId.First, null), await World.ExpectMsgAsync<RegionError>(WaitTimeout));
    }

    [Fact]
    public async Task Whoever_forms_the_cluster_hears_when_all_journals_are_made_and_the_engine_knows()
    {
        using var engine = new MemoryEngine();
        Region[] regions = [RegionWith(1, "a", "m"), RegionWith(7, "m", "t")];
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine, regions)));

        store.Tell(Begin.Instance, TestActor);

        await ExpectMsgAsync<Bootstrapped>(WaitTimeout);
        Assert.Equal(
            [(new RegionId(1), true), (new RegionId(7), true)],
            Records(engine).Select(record => (record.Region.Id, record.JournalBorn)));
    }

    [Fact]
    public void A_new_store_has_no_regions_before_the_cluster_is_formed()
    {
        using var engine = new MemoryEngine();

        Sys.ActorOf(StoreActor.Props(SpecOf(engine)));

        Assert.Empty(Records(engine));
    }

    [Fact]
    public async Task A_region_whose_replica_was_removed_has_none()
    {
        using var engine = new MemoryEngine();
        var removed = new RegionRecord(RegionWith(7, "m", "t")) { State = RegionState.Tombstone };
        var store = Sys.ActorOf(StoreActor.Props(
            SpecOf(engine) with { Records = [new RegionRecord(RegionOf(1)), removed] }));
        store.Tell(Begin.Instance, TestActor);

        Ask(store, new Read(new RegionId(7), null));
        store.Tell(ListReplicas.Instance, TestActor);

        Assert.Equal(new RegionError.RegionNotFound(new RegionId(7)), await World.ExpectMsgAsync<RegionError>(WaitTimeout));
        var replicas = await FishForMessageAsync<ReplicaRefs>(_ => true, WaitTimeout);
        Assert.Equal(RegionId.First, Assert.Single(replicas.Regions).Region.Id);
    }

    [Fact]
    public async Task Two_regions_with_the_same_keys_end_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine, RegionOf(1), RegionWith(7, "l", "t"))));

        store.Tell(Begin.Instance, TestActor);

        Assert.Contains("has keys of region 1", $"{await ExpectMsgAsync<StoreFailed>(WaitTimeout)}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_of_a_region_that_is_here_are_reserved_for_no_other()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine, RegionWith(1, "a", "m"))));
        store.Tell(new ReserveRange(RegionWith(7, "m", "t")), TestActor);
        Assert.Contains("not begun", (await ExpectMsgAsync<RangeRefused>(WaitTimeout)).Reason, StringComparison.Ordinal);
        store.Tell(Begin.Instance, TestActor);

        store.Tell(new ReserveRange(RegionWith(7, "l", "t")), TestActor);
        Assert.Contains(
            "region 1", (await FishForMessageAsync<RangeRefused>(_ => true, WaitTimeout)).Reason, StringComparison.Ordinal);
        store.Tell(new ReserveRange(RegionWith(7, "m", "t")), TestActor);
        await FishForMessageAsync<RangeReserved>(_ => true, WaitTimeout);
        store.Tell(new ReserveRange(RegionWith(8, "s", "z")), TestActor);
        Assert.Contains(
            "region 7", (await FishForMessageAsync<RangeRefused>(_ => true, WaitTimeout)).Reason, StringComparison.Ordinal);
        store.Tell(new ReleaseRange(new RegionId(7)), TestActor);
        store.Tell(new ReserveRange(RegionWith(8, "s", "z")), TestActor);
        await FishForMessageAsync<RangeReserved>(_ => true, WaitTimeout);
    }

    [Fact]
    public async Task A_region_that_came_with_a_snapshot_has_a_replica_which_begins_behind_it()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine, RegionWith(1, "a", "m"))));
        var snapshots = CreateTestProbe();
        store.Tell(new FetchSnapshotsWith(snapshots));
        store.Tell(Begin.Instance, TestActor);
        await ExpectMsgAsync<Bootstrapped>(WaitTimeout);
        var header = new SnapshotHeader(RegionWith(7, "m", "t"), new LogPosition(100, 7));
        store.Tell(new ReserveRange(header.Region), TestActor);
        await ExpectMsgAsync<RangeReserved>(WaitTimeout);
        var staging = new MemoryStaging();

        store.Tell(new SnapshotStaged(staging.Commit(header, [])));
        var install = await snapshots.ExpectMsgAsync<InstallSnapshot>(WaitTimeout);
        var record = new SnapshotInstaller(engine, staging).Install(install.Snapshot, before: null);
        store.Tell(new SnapshotInstalled(record, header.Applied));

        await ExpectMsgAsync<Bootstrapped>(WaitTimeout);
        Assert.True(Records(engine)[^1].JournalBorn);
        store.Tell(ListReplicas.Instance, TestActor);
        var replicas = await ExpectMsgAsync<ReplicaRefs>(WaitTimeout);
        replicas.Regions[^1].Actor.Tell(DescribeReplica.Instance, TestActor);
        var status = await ExpectMsgAsync<ReplicaStatus>(WaitTimeout);
        Assert.Equal((new RegionId(7), 101L), (status.Region.Id, status.Raft!.FirstIndex));
        // It leads alone, and may have applied its first entry.
        Assert.InRange(status.Applied, 100, 101);
    }

    [Fact]
    public async Task Only_an_offer_of_a_snapshot_makes_a_region_that_is_not_here_be_fetched()
    {
        using var engine = new MemoryEngine();
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine, RegionWith(1, "a", "m"))));
        var snapshots = CreateTestProbe();
        store.Tell(new FetchSnapshotsWith(snapshots));
        store.Tell(Begin.Instance, TestActor);
        await ExpectMsgAsync<Bootstrapped>(WaitTimeout);

        store.Tell(From2(new RaftMessage.RequestVote(new LogPosition(9, 7))));
        store.Tell(From2(new RaftMessage.Append(new LogPosition(9, 7), [], 9)));
        store.Tell(From2(new RaftMessage.SnapshotOffer(new LogPosition(9, 7))));

        Assert.Equal(new FetchSnapshot(new RegionId(7), new StoreId(2), new LogPosition(9, 7)),
            await snapshots.ExpectMsgAsync<FetchSnapshot>(WaitTimeout));
        Assert.Single(Records(engine));

        static InboundRaftMessage From2(RaftMessage message) => new(
            new RegionId(7), new StoreId(2), new RaftEnvelope(PeerOn(2), PeerOn(1), 8, message));
    }

    [Fact]
    public async Task A_replica_that_is_removed_ends_and_its_journal_is_erased()
    {
        using var engine = new MemoryEngine();
        var spec = SpecOf(engine, RegionWith(1, "a", "m"), RegionWith(7, "m", "t"));
        var store = Sys.ActorOf(StoreActor.Props(spec));
        var snapshots = CreateTestProbe();
        store.Tell(new FetchSnapshotsWith(snapshots));
        store.Tell(Begin.Instance, TestActor);
        await ExpectMsgAsync<Bootstrapped>(WaitTimeout);
        store.Tell(ListReplicas.Instance, TestActor);
        var region = (await ExpectMsgAsync<ReplicaRefs>(WaitTimeout)).Regions[^1].Actor;

        Sys.ActorSelection(region.Path / "applier").Tell(new ReplicaRemoved(3), TestActor);

        Assert.Equal(new RegionId(7), (await FishForMessageAsync<RegionChanged>(_ => true, WaitTimeout)).Record.Region.Id);
        var record = await Node.Eventually.Async(() =>
            Task.FromResult(Records(engine)[^1] is { JournalBorn: false } erased ? erased : null));
        Assert.Equal((RegionState.Tombstone, PeerOn(1)), (record.State, record.Former));
        Assert.Empty(Gate.Read("region 7"));
        Assert.Null(spec.Table.Find(new RegionId(7)));
        Ask(store, new Read(new RegionId(7), null));
        await World.FishForMessageAsync<RegionError.RegionNotFound>(_ => true, WaitTimeout);
        // Who was removed with it hears so here; the next replica may come.
        store.Tell(From(2, new RaftMessage.Inquiry()));
        var told = await World.FishForMessageAsync<OutboundRaftMessage>(_ => true, WaitTimeout);
        Assert.Equal((new PeerId(1001), PeerOn(2), new RaftMessage.Removed(1)),
            (told.Envelope.From, told.Envelope.To, told.Envelope.Message));
        store.Tell(From(2, new RaftMessage.SnapshotOffer(new LogPosition(9, 7))));
        await snapshots.FishForMessageAsync<FetchSnapshot>(_ => true, WaitTimeout);

        static InboundRaftMessage From(ulong store, RaftMessage message) => new(
            new RegionId(7), new StoreId(store), new RaftEnvelope(PeerOn(store), new PeerId(1001), 8, message));
    }

    [Fact]
    public async Task A_snapshot_for_a_replica_that_was_removed_meanwhile_is_dropped()
    {
        using var engine = new MemoryEngine();
        var removed = new RegionRecord(RegionWith(7, "m", "t")).Removed(PeerOn(1));
        var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine) with { Records = [new RegionRecord(RegionOf(1)), removed] }));
        var snapshots = CreateTestProbe();
        store.Tell(new FetchSnapshotsWith(snapshots));
        store.Tell(Begin.Instance, TestActor);
        var (header, staging) = (new SnapshotHeader(removed.Region, new LogPosition(100, 7)), new MemoryStaging());

        store.Tell(new SnapshotStaged(staging.Commit(header, [])));

        await snapshots.ExpectMsgAsync(new DropSnapshot(new RegionId(7), header.Applied), WaitTimeout);
    }

    [Fact]
    public async Task A_journal_that_cannot_be_erased_is_tried_again_and_no_other_replica_comes_before()
    {
        using var engine = new MemoryEngine();
        var gone = new RegionRecord(RegionWith(7, "m", "t") with { Peers = [] })
        {
            State = RegionState.Tombstone,
            JournalBorn = true,
            Former = PeerOn(1),
        };
        Gate.Preload("region 7", new RaftRecord(1, PeerOn(1), []));
        Gate.CannotDelete = true;
        EventFilter.Warning(contains: "is not erased yet").ExpectOne(WaitTimeout, () =>
        {
            var store = Sys.ActorOf(StoreActor.Props(SpecOf(engine) with { Records = [new RegionRecord(RegionOf(1)), gone] }));
            store.Tell(Begin.Instance, TestActor);
        });
        Assert.True(Records(engine)[^1].JournalBorn);

        Gate.CannotDelete = false;

        await Node.Eventually.Async(() => Task.FromResult(Records(engine)[^1] is { JournalBorn: false } record ? record : null));
        Assert.Empty(Gate.Read("region 7"));
    }

    private static IReadOnlyList<RegionRecord> Records(MemoryEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return MetaRecords.ReadAll(snapshot);
    }

    private static Region RegionWith(ulong id, string start, string end) => RegionOf(1) with
    {
        Id = new RegionId(id),
        Range = new KeyRange(System.Text.Encoding.UTF8.GetBytes(start), System.Text.Encoding.UTF8.GetBytes(end)),
    };

    private StoreSpec SpecOf(MemoryEngine engine) => SpecOf(engine, RegionOf(1));

    private StoreSpec SpecOf(MemoryEngine engine, params Region[] regions) => new()
    {
        Engine = engine,
        Records = [.. regions.Select(region => new RegionRecord(region))],
        IsNew = true,
        Table = new RegionTable(),
        Transport = World.Ref,
        Eraser = record => JournalEraser.Props($"{record.Region.Id}", record, engine),
        Replica = record => new RegionSpec
        {
            Record = record,
            Self = record.Region.Peers[0],
            Applier = ApplyActor.Props(engine, ApplyActorKit.KvSpec(engine, record.Region)),
            Peer = (state, applier, _, _) => RaftPeer.Props(SpecOf(record.Region, applied: state.Applied.Index) with
            {
                PersistenceId = $"{record.Region.Id}",
                InitialState = RaftPeerSpec.InitialStateOf(record.Region, state.Applied, default),
                Applier = applier,
            }),
            Seed = 1,
        },
    };
}
