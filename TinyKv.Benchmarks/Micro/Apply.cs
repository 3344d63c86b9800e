using System.Collections.Immutable;
using Akka.Actor;
using BenchmarkDotNet.Attributes;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Commands;

namespace TinyKv.Benchmarks.Micro;

/// <summary>Committed entries through the real state machine into RocksDB.</summary>
[MemoryDiagnoser]
public class Apply
{
    private const int Keys = 10_000;

    private string _directory = "";
    private RocksEngine _engine = null!;
    private ActorSystem _system = null!;
    private IActorRef _stage = ActorRefs.Nobody;
    private long _last = InitialState.Origin.Index;

    /// <summary>Entries in one batch.</summary>
    [Params(1, 64, 256)]
    public int Batch { get; set; }

    /// <summary>Opens an engine in the current directory.</summary>
    [GlobalSetup]
    public void Open()
    {
        _directory = Path.GetFullPath($"apply-benchmark-{Guid.NewGuid():n}");
        _engine = RocksEngine.Open(_directory);
        var config = Akka.Configuration.ConfigurationFactory.ParseString("akka.actor.provider = local")
            .WithFallback(ReferenceConfig.OfStore);
        _system = ActorSystem.Create("apply", config);
        var region = new Region(RegionId.First, new KeyRange(default, default), RegionEpoch.Initial,
            [new Peer(new PeerId(1), new StoreId(1))]);
        var record = new RegionRecord(region);
        MetaRecords.Create(_engine, [record]);
        var spec = new ApplySpec
        {
            Store = new StoreId(1),
            Record = record,
            Machine = (current, _) => new KvStateMachine(current),
        };
        var kv = ApplyActor.Props(_engine, spec).WithDispatcher(Dispatchers.Kv);
        _stage = _system.ActorOf(Props.Create(() => new Stage(kv)));
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _system.Terminate();
        _engine.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>From the mailbox until the engine has the batch.</summary>
    [Benchmark]
    public Task ApplyBatch()
    {
        var entries = ImmutableArray.CreateBuilder<Entry>(Batch);
        for (var i = 0; i < Batch; i++)
        {
            var key = System.Text.Encoding.ASCII.GetBytes($"key-{++_last * 7919 % Keys:d12}");
            var command = CommandCodec.Encode(new WriteCommand(1, [new Modify.Put(ColumnFamily.Default, key, new byte[256])]));
            entries.Add(new Entry(new LogPosition(_last, InitialState.Origin.Term), EntryKind.Command, command));
        }
        var applied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _stage.Tell((new ApplyEntries(entries.MoveToImmutable()), applied));
        return applied.Task;
    }

    /// <summary>Stands where the region and the peer stand in a store.</summary>
    private sealed class Stage : ReceiveActor
    {
        public Stage(Props kv)
        {
            var child = Context.ActorOf(kv);
            TaskCompletionSource? waiting = null;
            Receive<(ApplyEntries Entries, TaskCompletionSource Applied)>(work =>
            {
                waiting = work.Applied;
                child.Tell(work.Entries);
            });
            Receive<EntriesApplied>(_ => waiting?.TrySetResult());
            Receive<Described>(_ => { });
        }
    }
}
