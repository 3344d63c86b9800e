using Akka.TestKit.Xunit2;
using TinyKv.Actors.Apply;
using TinyKv.Actors.Messages;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Actors.Apply;

public sealed class EngineSyncTests : TestKit
{
    private readonly SyncedEngine _engine = new();

    [Fact]
    public async Task Who_asks_is_answered_after_the_sync()
    {
        var sync = Sys.ActorOf(EngineSync.Props(_engine));
        sync.Tell(new SyncEngine(7), TestActor);

        Assert.Equal(7, (await ExpectMsgAsync<EngineSynced>()).Applied);
        Assert.Equal(1, _engine.Syncs);
    }

    [Fact]
    public async Task Those_who_ask_while_the_disk_is_busy_share_the_next_sync()
    {
        _engine.IsHeld.Reset();
        var sync = Sys.ActorOf(EngineSync.Props(_engine));
        sync.Tell(new SyncEngine(1), TestActor);
        await AwaitConditionAsync(() => Task.FromResult(_engine.Syncs == 1));
        for (var i = 2; i <= 10; i++) sync.Tell(new SyncEngine(i), TestActor);
        _engine.IsHeld.Set();

        for (var i = 1; i <= 10; i++) Assert.Equal(i, (await ExpectMsgAsync<EngineSynced>()).Applied);
        Assert.Equal(2, _engine.Syncs);
    }

    [Fact]
    public async Task An_engine_that_cannot_be_synced_ends_the_store()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        _engine.Failure = new StorageFailedException("the disk is gone");
        Sys.ActorOf(EngineSync.Props(_engine)).Tell(new SyncEngine(1), TestActor);

        Assert.Contains("the disk is gone", $"{await ExpectMsgAsync<StoreFailed>()}", StringComparison.Ordinal);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _engine.Dispose();
    }

    private sealed class SyncedEngine : IEngine
    {
        private readonly MemoryEngine _inner = new();
        private int _syncs;

        public int Syncs => Volatile.Read(ref _syncs);

        public ManualResetEventSlim IsHeld { get; } = new(initialState: true);

        public Exception? Failure { get; set; }

        public ISnapshot Snapshot() => _inner.Snapshot();

        public IWriteBatch NewBatch() => _inner.NewBatch();

        public void Write(IWriteBatch batch, bool sync) => _inner.Write(batch, sync);

        public long EstimateBytes(ColumnFamily family, KeyRange range) => _inner.EstimateBytes(family, range);

        public void Ingest(
            ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables) =>
            _inner.Ingest(family, ranges, tables);

        public void Sync()
        {
            Interlocked.Increment(ref _syncs);
            IsHeld.Wait();
            if (Failure is not null) throw Failure;
        }

        public void Dispose()
        {
            IsHeld.Set();
            _inner.Dispose();
        }
    }
}
