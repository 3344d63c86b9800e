using TinyKv.Core.Keys;

namespace TinyKv.Core.Storage;

/// <summary>Sorted pairs of one column family beside an engine, which takes them in with <see cref="IEngine.Ingest"/>.</summary>
public interface IStagedTable
{
    /// <summary>The family.</summary>
    ColumnFamily Family { get; }

    /// <summary>How many pairs it has; at least one.</summary>
    long Pairs { get; }
}

/// <summary>Writes one table. What it holds in memory does not grow with the values.</summary>
public interface ITableWriter : IDisposable
{
    /// <summary>Adds a pair; keys ascend.</summary>
    void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    /// <summary>The table, which is on disk on return. It has at least one pair.</summary>
    IStagedTable Finish();
}
