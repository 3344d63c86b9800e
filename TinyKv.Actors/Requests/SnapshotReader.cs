using TinyKv.Actors.Messages;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>A view of the engine, cut to its region.</summary>
/// <param name="view">Released with the reader.</param>
internal sealed class SnapshotReader(ReadView view) : IStorageReader
{
    private bool _disposed;

    /// <summary>What it reads.</summary>
    public ReadView View => view;

    /// <summary>How many bytes the values have that <see cref="GetCF"/> has read.</summary>
    public long BytesRead { get; private set; }

    /// <inheritdoc/>
    public Region Region => view.Region;

    /// <inheritdoc/>
    public byte[]? GetCF(ColumnFamily family, ReadOnlySpan<byte> key)
    {
        var value = view.Snapshot.Get(family, key);
        BytesRead += value?.Length ?? 0;
        return value;
    }

    /// <inheritdoc/>
    public IEngineIterator IterCF(ColumnFamily family, KeyRange range) =>
        view.Snapshot.Iterate(family, range.Intersect(Region.Range));

    /// <inheritdoc/>
    public IEngineIterator ReverseIterCF(ColumnFamily family, KeyRange range) =>
        view.Snapshot.IterateReverse(family, range.Intersect(Region.Range));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed) view.Release();
        _disposed = true;
    }
}
