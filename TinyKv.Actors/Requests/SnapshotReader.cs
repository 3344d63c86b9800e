using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Actors.Requests;

/// <summary>A view of the engine, cut to a region.</summary>
internal sealed class SnapshotReader(Region region, ISnapshot snapshot) : IStorageReader
{
    /// <inheritdoc/>
    public Region Region => region;

    /// <inheritdoc/>
    public byte[]? GetCF(ColumnFamily family, ReadOnlySpan<byte> key) => snapshot.Get(family, key);

    /// <inheritdoc/>
    public IEngineIterator IterCF(ColumnFamily family, KeyRange range) =>
        snapshot.Iterate(family, range.Intersect(region.Range));

    /// <inheritdoc/>
    public IEngineIterator ReverseIterCF(ColumnFamily family, KeyRange range) =>
        snapshot.IterateReverse(family, range.Intersect(region.Range));

    /// <inheritdoc/>
    public void Dispose() => snapshot.Dispose();
}
