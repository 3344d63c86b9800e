using TinyKv.Core.Keys;

namespace TinyKv.Core.Storage;

/// <summary>An ordered key-value engine on one store. Keys order by unsigned bytes within a column family.</summary>
/// <remarks>What cannot be read or written is a <see cref="StorageFailedException"/>, never a missing pair.</remarks>
public interface IEngine : IDisposable
{
    /// <summary>A view of the engine as it is now; later writes do not show in it.</summary>
    ISnapshot Snapshot();

    /// <summary>An empty batch for <see cref="Write"/>.</summary>
    IWriteBatch NewBatch();

    /// <summary>Applies a batch, all of it or nothing. With <paramref name="sync"/> it is on disk on return.</summary>
    void Write(IWriteBatch batch, bool sync);

    /// <summary>Everything written before is on disk on return.</summary>
    void Sync();

    /// <summary>About how many bytes the pairs of a range take on the disk, without what is in memory alone. Cheap.</summary>
    long EstimateBytes(ColumnFamily family, KeyRange range);

    /// <summary>
    /// Replaces what ranges of a family hold by what tables hold, in two steps: first they hold nothing. On disk on return;
    /// may be repeated, since the tables stay.
    /// </summary>
    /// <param name="family">The family.</param>
    /// <param name="ranges">The ranges; the tables have no key outside of them.</param>
    /// <param name="tables">Tables of the engine's own kind, one behind the other.</param>
    /// <exception cref="StorageFailedException">A table is damaged or missing, or the engine fails.</exception>
    void Ingest(ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables);
}

/// <summary>A consistent view of an engine; dispose it soon. From any thread, but each walk from one at a time.</summary>
public interface ISnapshot : IDisposable
{
    /// <summary>The value of <paramref name="key"/>, or null when there is none.</summary>
    byte[]? Get(ColumnFamily family, ReadOnlySpan<byte> key);

    /// <summary>Walks over <paramref name="range"/> in ascending order; starts before the first key.</summary>
    IEngineIterator Iterate(ColumnFamily family, KeyRange range);

    /// <summary>Walks over <paramref name="range"/> in descending order; starts after the last key.</summary>
    IEngineIterator IterateReverse(ColumnFamily family, KeyRange range);
}

/// <summary>A walk over pairs in one direction. The spans are valid until the next move.</summary>
public interface IEngineIterator : IDisposable
{
    /// <summary>Moves to the next pair in the walk's direction; false at the end.</summary>
    bool MoveNext();

    /// <summary>
    /// Moves to the first pair at or after <paramref name="key"/>, in a reverse walk to the last one at or before it;
    /// false when there is none.
    /// </summary>
    bool Seek(ReadOnlySpan<byte> key);

    /// <summary>The current key.</summary>
    ReadOnlySpan<byte> Key { get; }

    /// <summary>The current value.</summary>
    ReadOnlySpan<byte> Value { get; }
}

/// <summary>Writes that are applied together. Later ones win.</summary>
public interface IWriteBatch : IDisposable
{
    /// <summary>How many writes it holds.</summary>
    int Count { get; }

    /// <summary>Sets a key.</summary>
    void Put(ColumnFamily family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>Removes a key; no error when it is absent.</summary>
    void Delete(ColumnFamily family, ReadOnlySpan<byte> key);

    /// <summary>Removes every key of a range, at a cost that does not depend on how many there are.</summary>
    void DeleteRange(ColumnFamily family, KeyRange range);
}
