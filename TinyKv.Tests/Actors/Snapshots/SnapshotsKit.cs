using System.Collections.Concurrent;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Snapshots;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Tests.Actors.Apply;
using RegionRecord = TinyKv.Core.Regions.RegionRecord;

namespace TinyKv.Tests.Actors.Snapshots;

/// <summary>Store 1, which has a region, and store 2, which fetches it, with wires between them.</summary>
public abstract class SnapshotsKit : TestKit
{
    private protected static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private protected static readonly StoreId SendingStore = new(1);
    private protected static readonly StoreId ReceivingStore = new(2);
    private protected static readonly LogPosition Applied = new(100, 7);

    private protected static readonly Region Region = new(new RegionId(7), KeyRange.All, RegionEpoch.Initial,
        [new Peer(new PeerId(71), SendingStore), new Peer(new PeerId(72), ReceivingStore)]);

    private readonly IActorRef _there;
    private readonly IActorRef _back;
    private ulong _drawn;

    protected SnapshotsKit() : base("akka.loglevel = ERROR")
    {
        Engine = new FaultyEngine(new MemoryEngine());
        Put(batch =>
        {
            MetaRecords.Write(batch, new RegionRecord(Region));
            MetaRecords.WriteApplied(batch, Region.Id, Applied);
            for (byte i = 1; i <= 9; i++) batch.Put(ColumnFamily.Default, [i], [i]);
            batch.Put(ColumnFamily.Write, "w"u8, "w"u8);
        });
        Regions = CreateTestProbe();
        // From the receiver to the sender, and back.
        _there = Sys.ActorOf(SnapshotWires.Props(ReceivingStore, message => Asked(message)));
        _back = Sys.ActorOf(SnapshotWires.Props(SendingStore, message => Told(message)));
        SendingStoreRegions = CreateTestProbe();
        SendingRegions = StubOf(SendingStoreRegions);
        ReceivingRegions = StubOf(Regions);
    }

    /// <summary>What becomes of what the receiver says.</summary>
    private protected Func<SnapshotMessage, SnapshotMessage?> Asked { get; set; } = message => message;

    /// <summary>What becomes of what the sender says.</summary>
    private protected Func<SnapshotMessage, SnapshotMessage?> Told { get; set; } = message => message;

    private protected FaultyEngine Engine { get; }

    private protected MemoryStaging Staging { get; } = new();

    private protected SnapshotSettings Settings { get; set; } =
        new(2, 1L << 30, TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(100));

    /// <summary>Which connections were made anew, by whom.</summary>
    private protected ConcurrentQueue<(StoreId By, StoreId To)> Reconnected { get; } = new();

    /// <summary>Is told which ranges the receiver reserves and releases.</summary>
    private protected TestProbe Regions { get; }

    /// <summary>Is told which snapshots the sender gives out.</summary>
    private protected TestProbe SendingStoreRegions { get; }

    private protected IActorRef SendingRegions { get; }

    private protected IActorRef ReceivingRegions { get; }

    private protected void Put(Action<IWriteBatch> fill)
    {
        using var batch = Engine.NewBatch();
        fill(batch);
        Engine.Write(batch, sync: false);
    }

    private protected IActorRef StartSender()
    {
        var snapshots = Sys.ActorOf(SnapshotsActor.Props(SpecOf(SendingStore, ReceivingStore, _back, SendingRegions)));
        _there.Tell(new SnapshotWires.LeadTo(snapshots));
        return snapshots;
    }

    private protected IActorRef StartReceiver()
    {
        var snapshots = Sys.ActorOf(SnapshotsActor.Props(SpecOf(ReceivingStore, SendingStore, _there, ReceivingRegions)));
        _back.Tell(new SnapshotWires.LeadTo(snapshots));
        return snapshots;
    }

    private protected Task<SnapshotStaged> FetchedAsync(IActorRef receiver)
    {
        receiver.Tell(Fetch(), TestActor);
        return ExpectMsgAsync<SnapshotStaged>(WaitTimeout).AsTask();
    }

    private protected static FetchSnapshot Fetch(ulong region = 7, long atLeast = 0) =>
        new(new RegionId(region), SendingStore, new LogPosition(atLeast, 1));

    private protected static List<string> Content(StagedSnapshot staged) => [.. staged.Tables.Cast<MemoryTable>().SelectMany(
        table => table.Content.Select(pair => $"{table.Family} {Convert.ToHexString(pair.Key)}"))];

    private protected static List<string> Everything =>
        [.. Enumerable.Range(1, 9).Select(i => $"Default {i:X2}"), "Write 77"];

    private IActorRef StubOf(TestProbe test) => Sys.ActorOf(Props.Create(() => new RegionsStub(Engine, Region, test.Ref)));

    private protected SnapshotsSpec SpecOf(StoreId self, StoreId other, IActorRef link, IActorRef regions) => new()
    {
        Self = self,
        LinkTo = store => store == other ? link : null,
        Reconnect = to => Reconnected.Enqueue((self, to)),
        Regions = regions,
        Staging = Staging,
        Engine = Engine,
        Settings = Settings,
        Draw = () => Interlocked.Increment(ref _drawn),
        // Two pairs.
        ChunkBytes = 4,
    };
}
