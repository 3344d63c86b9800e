using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Persistence.Snapshots;

/// <summary>Snapshots that arrive beside a <see cref="MemoryEngine"/>, for tests and simulations.</summary>
public sealed class MemoryStaging : ISnapshotStaging
{
    private readonly SortedDictionary<ulong, StagedSnapshot?> _regions = []; // null: begun

    /// <inheritdoc/>
    public IReadOnlyList<RegionId> Regions => [.. _regions.Keys.Select(region => new RegionId(region))];

    /// <inheritdoc/>
    public ITableWriter NewTable(RegionId region, ColumnFamily family, int number)
    {
        _regions.TryAdd(region.Value, null);
        return new MemoryTableWriter(family);
    }

    /// <inheritdoc/>
    public StagedSnapshot Commit(SnapshotHeader header, IReadOnlyList<IStagedTable> tables)
    {
        var staged = new StagedSnapshot(header, [.. tables]);
        _regions[header.Region.Id.Value] = staged;
        return staged;
    }

    /// <inheritdoc/>
    public StagedSnapshot? Find(RegionId region) => _regions.GetValueOrDefault(region.Value);

    /// <inheritdoc/>
    public void Discard(RegionId region) => _regions.Remove(region.Value);
}
