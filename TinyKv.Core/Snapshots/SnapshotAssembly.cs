using TinyKv.Core.Storage;

namespace TinyKv.Core.Snapshots;

/// <summary>
/// Puts a snapshot together from its chunks: each is checked before it is written, and none is kept in memory. What was begun
/// and not finished is of no use to a later start of the store.
/// </summary>
public sealed class SnapshotAssembly : IDisposable
{
    // A table's index and filter are held in memory until it is finished.
    private const long DefaultTableBytes = 64 * 1024 * 1024;

    private readonly ISnapshotStaging _staging;
    private readonly long _tableBytes;
    private readonly List<IStagedTable> _tables = [];
    private ITableWriter? _table;
    private long _begunAt; // how many bytes came before the table

    /// <summary>Begins; what was there of the region is discarded.</summary>
    /// <param name="staging">Where.</param>
    /// <param name="header">What the snapshot is of.</param>
    /// <param name="tableBytes">How many bytes of keys and values begin another table.</param>
    public SnapshotAssembly(ISnapshotStaging staging, SnapshotHeader header, long tableBytes = DefaultTableBytes)
    {
        (_staging, Header, _tableBytes) = (staging, header, tableBytes);
        staging.Discard(header.Region.Id);
    }

    /// <summary>What the snapshot is of.</summary>
    public SnapshotHeader Header { get; }

    /// <summary>Where the next chunk begins.</summary>
    public SnapshotCursor At { get; private set; } = SnapshotCursor.Start;

    /// <summary>Whether the last chunk was added.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Adds the next chunk.</summary>
    /// <exception cref="SnapshotDamagedException">It is not what comes next; nothing was written.</exception>
    public void Add(SnapshotChunk chunk)
    {
        if (IsWhole) throw new SnapshotDamagedException($"a chunk at {chunk.From} behind the last one");
        if (ChunkRules.Problem(Header, At, chunk) is { } problem)
            throw new SnapshotDamagedException($"a chunk of {Header.Region.Id} is not the next one: {problem}");
        if (chunk.Next.Family != At.Family || At.Bytes - _begunAt >= _tableBytes) FinishTable();
        if (!chunk.Pairs.IsEmpty) Write(chunk);
        (At, IsWhole) = (chunk.Next, chunk.IsLast);
    }

    /// <summary>Makes all of it durable.</summary>
    public StagedSnapshot Complete()
    {
        Invariant.Holds(IsWhole, $"a snapshot of {Header.Region.Id} ends at {At}, and is not whole");
        FinishTable();
        var pairs = _tables.Sum(table => table.Pairs);
        Invariant.Holds(pairs == At.Pairs, $"{pairs} pairs of {Header.Region.Id} were written, of {At.Pairs}");
        return _staging.Commit(Header, _tables);
    }

    /// <inheritdoc/>
    public void Dispose() => _table?.Dispose();

    private void Write(SnapshotChunk chunk)
    {
        if (_table is null)
        {
            _table = _staging.NewTable(Header.Region.Id, chunk.Next.Family, _tables.Count);
            _begunAt = At.Bytes;
        }
        foreach (var pair in chunk.Pairs) _table.Add(pair.Key.Span, pair.Value.Span);
    }

    private void FinishTable()
    {
        if (_table is null) return;
        _tables.Add(_table.Finish());
        _table.Dispose();
        _table = null;
    }
}
