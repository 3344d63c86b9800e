using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Tests.Actors.Apply;

/// <summary>An engine whose writes are counted, and fail when a test says so.</summary>
internal sealed class FaultyEngine(IEngine inner) : IEngine
{
    public const string Failure = "the disk is gone";

    public bool Fails { get; set; }

    /// <summary>How many more writes go well; null: all.</summary>
    public int? FailsAfter { get; set; }

    public int Writes { get; set; }

    /// <summary>Snapshots that are not disposed.</summary>
    public int OpenSnapshots { get; private set; }

    public ISnapshot Snapshot()
    {
        OpenSnapshots++;
        return new CountedSnapshot(inner.Snapshot(), () => OpenSnapshots--);
    }

    public IWriteBatch NewBatch() => inner.NewBatch();

    public void Write(IWriteBatch batch, bool sync)
    {
        if (Fails || FailsAfter-- is <= 0) throw new IOException(Failure);
        Writes++;
        inner.Write(batch, sync);
    }

    public long EstimateBytes(ColumnFamily family, KeyRange range) => inner.EstimateBytes(family, range);

    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables) =>
        inner.Ingest(family, ranges, tables);

    public void Sync() => inner.Sync();

    public void Dispose() => inner.Dispose();

    private sealed class CountedSnapshot(ISnapshot inner, Action disposed) : ISnapshot
    {
        public byte[]? Get(ColumnFamily family, ReadOnlySpan<byte> key) => inner.Get(family, key);

        public IEngineIterator Iterate(ColumnFamily family, KeyRange range) => inner.Iterate(family, range);

        public IEngineIterator IterateReverse(ColumnFamily family, KeyRange range) => inner.IterateReverse(family, range);

        public void Dispose()
        {
            inner.Dispose();
            disposed();
        }
    }
}
