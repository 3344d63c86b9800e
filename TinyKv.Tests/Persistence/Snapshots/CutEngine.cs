using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Tests.Persistence.Snapshots;

/// <summary>An engine whose process is killed before one of its steps; every write is one, and every half of an
/// ingestion.</summary>
/// <param name="inner">The engine.</param>
/// <param name="steps">How many steps are taken.</param>
internal sealed class CutEngine(IEngine inner, int steps) : IEngine
{
    private int _left = steps;

    /// <summary>The process is gone.</summary>
    public sealed class KilledException : Exception;

    public ISnapshot Snapshot() => inner.Snapshot();

    public IWriteBatch NewBatch() => inner.NewBatch();

    public void Write(IWriteBatch batch, bool sync)
    {
        Step();
        inner.Write(batch, sync);
    }

    public void Sync()
    {
        Step();
        inner.Sync();
    }

    public long EstimateBytes(ColumnFamily family, KeyRange range) => inner.EstimateBytes(family, range);

    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        Step();
        inner.Ingest(family, ranges, []);
        Step();
        inner.Ingest(family, ranges, tables);
    }

    public void Dispose() => inner.Dispose();

    private void Step()
    {
        if (_left-- == 0) throw new KilledException();
    }
}
