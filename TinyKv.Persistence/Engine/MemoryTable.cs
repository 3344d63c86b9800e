using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>A table in memory, for <see cref="MemoryEngine"/>.</summary>
/// <param name="Family">The family.</param>
/// <param name="Content">Its pairs.</param>
internal sealed record MemoryTable(ColumnFamily Family, IReadOnlyList<MemoryPair> Content) : IStagedTable
{
    /// <inheritdoc/>
    public long Pairs => Content.Count;
}

/// <summary>Writes a <see cref="MemoryTable"/>.</summary>
internal sealed class MemoryTableWriter(ColumnFamily family) : ITableWriter
{
    private readonly List<MemoryPair> _pairs = [];

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        _pairs.Add(new MemoryPair(key.ToArray(), value.ToArray()));

    /// <inheritdoc/>
    public IStagedTable Finish() => new MemoryTable(family, [.. _pairs]);

    /// <inheritdoc/>
    public void Dispose() { }
}
