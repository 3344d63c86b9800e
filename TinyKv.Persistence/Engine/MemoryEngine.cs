using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>An engine that keeps nothing on disk, for tests and trials. Copy on write: a snapshot is a
/// reference.</summary>
public sealed class MemoryEngine : IEngine
{
    private readonly Lock _writer = new();
    private volatile ImmutableSortedSet<MemoryPair>[] _families =
        Array.ConvertAll(Enum.GetValues<ColumnFamily>(), _ => MemoryPair.None);
    private volatile bool _disposed;

    /// <summary>An engine of its own that begins with what this one holds now. Costs nothing.</summary>
    public MemoryEngine Copy() => new() { _families = _families };

    /// <inheritdoc/>
    public ISnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new MemorySnapshot(_families);
    }

    /// <inheritdoc/>
    public IWriteBatch NewBatch()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new MemoryBatch();
    }

    /// <inheritdoc/>
    public void Write(IWriteBatch batch, bool sync)
    {
        var writes = ((MemoryBatch)batch).Writes;
        ObjectDisposedException.ThrowIf(_disposed, this);
        lock (_writer)
        {
            var families = Array.ConvertAll(_families, pairs => pairs.ToBuilder());
            foreach (var write in writes) Apply(write, families[(int)write.Family]);
            _families = Array.ConvertAll(families, pairs => pairs.ToImmutable());
        }
    }

    /// <inheritdoc/>
    public void Sync() => ObjectDisposedException.ThrowIf(_disposed, this);

    /// <inheritdoc/>
    public long EstimateBytes(ColumnFamily family, KeyRange range) => _families[(int)family]
        .Where(pair => range.Contains(pair.Key)).Sum(pair => (long)pair.Key.Length + pair.Value.Length);

    /// <inheritdoc/>
    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        using var batch = NewBatch();
        foreach (var range in ranges) batch.DeleteRange(family, range);
        foreach (var table in tables.Cast<MemoryTable>())
            foreach (var pair in table.Content) batch.Put(family, pair.Key, pair.Value);
        Write(batch, sync: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private static void Apply(Modify write, ImmutableSortedSet<MemoryPair>.Builder pairs)
    {
        switch (write)
        {
            case Modify.Put put:
                var pair = new MemoryPair(put.Key.ToArray(), put.Value.ToArray());
                pairs.Remove(pair);
                pairs.Add(pair);
                break;
            case Modify.DeleteRange(_, var range):
                pairs.ExceptWith(pairs.Where(each => range.Contains(each.Key)).ToList());
                break;
            default:
                pairs.Remove(MemoryPair.Probe(write.Key.Span));
                break;
        }
    }
}

/// <summary>A key with its value; ordered, and equal, by the key alone.</summary>
internal sealed record MemoryPair(byte[] Key, byte[] Value)
{
    /// <summary>No pairs.</summary>
    public static ImmutableSortedSet<MemoryPair> None { get; } =
        ImmutableSortedSet.Create<MemoryPair>(Comparer<MemoryPair>.Create(
            (one, other) => one.Key.AsSpan().SequenceCompareTo(other.Key)));

    /// <summary>Something to look for.</summary>
    public static MemoryPair Probe(ReadOnlySpan<byte> key) => new(key.ToArray(), []);
}

/// <summary>Writes in the order in which they were made.</summary>
internal sealed class MemoryBatch : IWriteBatch
{
    private readonly List<Modify> _writes = [];
    private bool _disposed;

    /// <summary>The gathered writes.</summary>
    public IReadOnlyList<Modify> Writes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writes;
        }
    }

    /// <inheritdoc/>
    public int Count => _writes.Count;

    /// <inheritdoc/>
    public void Put(ColumnFamily family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        _writes.Add(new Modify.Put(family, key.ToArray(), value.ToArray()));

    /// <inheritdoc/>
    public void Delete(ColumnFamily family, ReadOnlySpan<byte> key) =>
        _writes.Add(new Modify.Delete(family, key.ToArray()));

    /// <inheritdoc/>
    public void DeleteRange(ColumnFamily family, KeyRange range) =>
        _writes.Add(new Modify.DeleteRange(family, new KeyRange(range.Start.ToArray(), range.End.ToArray())));

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;
}
