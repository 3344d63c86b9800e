using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Snapshots;

/// <summary>A snapshot that has arrived whole, beside the engine.</summary>
/// <param name="Header">What it is of.</param>
/// <param name="Tables">Its pairs, by ascending family, one behind the other.</param>
public sealed record StagedSnapshot(SnapshotHeader Header, IReadOnlyList<IStagedTable> Tables);

/// <summary>Where snapshots are put together that arrive at a store; one for each region. Blocks on the disk.</summary>
public interface ISnapshotStaging
{
    /// <summary>The regions of which there is anything.</summary>
    IReadOnlyList<RegionId> Regions { get; }

    /// <summary>Begins a table of a region's snapshot.</summary>
    /// <param name="region">The region.</param>
    /// <param name="family">The table's family.</param>
    /// <param name="number">Which table of the snapshot it is, from 0 on.</param>
    ITableWriter NewTable(RegionId region, ColumnFamily family, int number);

    /// <summary>Says that a snapshot is whole; it is found from now on, whatever happens.</summary>
    StagedSnapshot Commit(SnapshotHeader header, IReadOnlyList<IStagedTable> tables);

    /// <summary>The snapshot of a region that is whole; null when there is none.</summary>
    /// <exception cref="StorageFailedException">It was whole, and is not any more.</exception>
    StagedSnapshot? Find(RegionId region);

    /// <summary>Removes what there is of a region.</summary>
    void Discard(RegionId region);
}
