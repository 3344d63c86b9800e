using TinyKv.Core.Keys;

namespace TinyKv.Client;

/// <summary>
/// Raw reads and writes: linearizable, one key at a time. A write that is cancelled may have been done, or
/// be done later.
/// </summary>
public interface IRawClient
{
    /// <summary>The value of a key, or null when there is none.</summary>
    Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>Sets a key.</summary>
    Task PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default);

    /// <summary>Removes a key; no error when it is absent.</summary>
    Task DeleteAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>The pairs of a range in ascending order of keys, fetched page by page; each page is a
    /// consistent view, the pages together are not.</summary>
    IAsyncEnumerable<RawPair> ScanAsync(RawScan scan, CancellationToken cancellation = default);
}

/// <summary>A key and its value; the value is empty when only keys were asked for.</summary>
public readonly record struct RawPair(byte[] Key, byte[] Value);

/// <summary>What to scan.</summary>
public sealed record RawScan
{
    /// <summary>The range; an empty end means to the last key.</summary>
    public KeyRange Range { get; init; } = KeyRange.All;

    /// <summary>The most pairs to return; null: all.</summary>
    public long? Limit { get; init; }

    /// <summary>Leaves the values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>The column family.</summary>
    public ColumnFamily Family { get; init; } = ColumnFamily.Default;
}
