using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Persistence.Snapshots;

/// <summary>An engine that a loss of power may take back to any state since the last sync: what RocksDB promises.</summary>
internal sealed class PowerEngine(MemoryEngine start) : IEngine
{
    private readonly List<MemoryEngine> _states = [start];

    /// <summary>What may be left after a loss of power now.</summary>
    public IEnumerable<MemoryEngine> Left => _states.Select(state => state.Copy());

    private MemoryEngine Now => _states[^1];

    public ISnapshot Snapshot() => Now.Snapshot();

    public IWriteBatch NewBatch() => Now.NewBatch();

    public void Write(IWriteBatch batch, bool sync)
    {
        var next = Now.Copy();
        next.Write(batch, sync);
        _states.Add(next);
        if (sync) Sync();
    }

    public void Sync() => _states.RemoveRange(0, _states.Count - 1);

    public long EstimateBytes(ColumnFamily family, KeyRange range) => Now.EstimateBytes(family, range);

    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        var next = Now.Copy();
        next.Ingest(family, ranges, tables);
        _states.Add(next);
        Sync();
    }

    public void Dispose() { }
}
