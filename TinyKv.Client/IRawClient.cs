using TinyKv.Core.Keys;

namespace TinyKv.Client;

/// <summary>
/// Reads and writes without transactions; all of them are linearizable. A write that is cancelled may have been done,
/// or be done later.
/// </summary>
/// <remarks>
/// Keys of several regions may be asked for at once. What is promised of a batch or a range as a whole holds for its keys in
/// each region, and not for all of them together: each region reads and writes at a moment of its own, and a write may be done
/// in some regions and fail in others, which is a <see cref="TinyKvUndeterminedException"/>.
/// </remarks>
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

    /// <summary>The values of some keys, in their order, those of a region all as of one moment; null where there is none.
    /// </summary>
    Task<IReadOnlyList<byte[]?>> BatchGetAsync(IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>Sets some keys, in each region all or none; of two pairs with one key the later wins.</summary>
    Task BatchPutAsync(IReadOnlyList<RawPair> pairs, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>Removes some keys, in each region all or none; no error when some are absent.</summary>
    Task BatchDeleteAsync(IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>Removes every key of a range, in each region atomically.</summary>
    Task DeleteRangeAsync(KeyRange range, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default);

    /// <summary>Sets or removes a key if it is as expected.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expected">What it must hold; null: it must be absent.</param>
    /// <param name="desired">What it is to hold; null: it is removed.</param>
    /// <param name="family">The column family.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    Task<CompareAndSetResult> CompareAndSetAsync(ReadOnlyMemory<byte> key, byte[]? expected, byte[]? desired,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default);

    /// <summary>Sets a key if it is absent.</summary>
    Task<CompareAndSetResult> PutIfAbsentAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default);

    /// <summary>The pairs of a range in the order of their keys, or in reverse, fetched page by page; each page is a
    /// consistent view, the pages together are not.</summary>
    IAsyncEnumerable<RawPair> ScanAsync(RawScan scan, CancellationToken cancellation = default);
}

/// <summary>A key and its value; the value is empty when only keys were asked for.</summary>
public readonly record struct RawPair(byte[] Key, byte[] Value);

/// <summary>What became of a conditional write.</summary>
/// <param name="Succeeded">Whether the key was as expected, and the write was done.</param>
/// <param name="Previous">What the key held before; null: it was absent.</param>
public sealed record CompareAndSetResult(bool Succeeded, byte[]? Previous);

/// <summary>What to scan.</summary>
public sealed record RawScan
{
    /// <summary>The range; an empty end means to the last key.</summary>
    public KeyRange Range { get; init; } = KeyRange.All;

    /// <summary>The most pairs to return; null: all.</summary>
    public long? Limit { get; init; }

    /// <summary>From the end of the range downwards.</summary>
    public bool Reverse { get; init; }

    /// <summary>Leaves the values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>The column family.</summary>
    public ColumnFamily Family { get; init; } = ColumnFamily.Default;
}
