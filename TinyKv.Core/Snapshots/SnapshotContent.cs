using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Snapshots;

/// <summary>Keys of one column family.</summary>
/// <param name="Family">The family.</param>
/// <param name="Ranges">The keys, by ascending ranges.</param>
public sealed record SnapshotPart(ColumnFamily Family, ImmutableArray<KeyRange> Ranges);

/// <summary>Which pairs of an engine are a region's: what a snapshot holds, and what an installed one replaces.</summary>
public static class SnapshotContent
{
    private static readonly ImmutableArray<SnapshotPart> OfPlacement =
        [new SnapshotPart(ColumnFamily.Meta, MetaKeys.PlacementRanges)];

    /// <summary>The parts of a region, by ascending family, one for each.</summary>
    public static ImmutableArray<SnapshotPart> Of(Region region) => region.Id == RegionId.Placement ? OfPlacement
        : [.. ColumnFamilies.OfClients.Order().Select(family => new SnapshotPart(family, [region.Range]))];

    /// <summary>Removes all pairs of a region with a batch.</summary>
    public static void Delete(Region region, IWriteBatch batch)
    {
        foreach (var part in Of(region))
            foreach (var range in part.Ranges) batch.DeleteRange(part.Family, range);
    }
}
