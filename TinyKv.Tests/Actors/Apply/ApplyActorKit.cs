using System.Collections.Immutable;
using System.Text;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Actors.Apply;

/// <summary>A state machine on a test kit, created at index 5, for a region from a key up to <c>m</c>.</summary>
public abstract class ApplyActorKit : TestKit
{
    protected ApplyActorKit(string start) : base("akka.loglevel = OFF")
    {
        Parent = CreateTestProbe();
        Region = new Region(
            RegionId.First, new KeyRange(Bytes(start), "m"u8.ToArray()), RegionEpoch.Initial,
            [new Peer(new PeerId(1), new StoreId(1))]);
        RecordIn(Engine, Region);
        Engine.Writes = 0;
    }

    protected static TimeSpan WaitTimeout { get; } = TimeSpan.FromSeconds(20);

    private protected TestProbe Parent { get; }

    private protected FaultyEngine Engine { get; } = new(new MemoryEngine());

    protected Region Region { get; }

    private protected ImmutableArray<IApplyObserver> Observers { get; set; } = [];

    /// <summary>The index of the next entry, as of the last start.</summary>
    protected long Next { get; set; }

    /// <summary>Applies to a region with data, which is made at index 5 if it is not in the engine.</summary>
    internal static ApplySpec KvSpec(IEngine engine, Region initial) => new()
    {
        Store = new StoreId(1),
        Record = RecordIn(engine, initial),
        Machine = (region, _) => new KvStateMachine(region),
    };

    /// <summary>What an engine says of a region, which is made at index 5 if it is not there.</summary>
    internal static RegionRecord RecordIn(IEngine engine, Region initial)
    {
        using var snapshot = engine.Snapshot();
        if (MetaRecords.Read(snapshot, initial.Id) is { } found) return found;
        var record = new RegionRecord(initial);
        MetaRecords.Create(engine, [record]);
        return record;
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Engine.Dispose();
    }

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private protected async Task<IActorRef> StartAsync(long expected, IEngine? engine = null, ApplySpec? spec = null)
    {
        engine ??= Engine;
        var kv = Parent.ChildActorOf(
            ApplyActor.Props(engine, (spec ?? KvSpec(engine, Region)) with { Observers = Observers }),
            SupervisorStrategy.StoppingStrategy);
        Assert.Equal(expected, (await Parent.ExpectMsgAsync<Described>(WaitTimeout)).Applied.Index);
        Next = expected + 1;
        return kv;
    }

    protected string? Value(string key, IEngine? engine = null)
    {
        using var snapshot = (engine ?? Engine).Snapshot();
        return snapshot.Get(ColumnFamily.Default, Bytes(key)) is { } value ? Encoding.UTF8.GetString(value) : null;
    }
}
