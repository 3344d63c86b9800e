using System.Globalization;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Protocol.Snapshots;

namespace TinyKv.Persistence.Snapshots;

/// <summary>
/// Snapshots that arrive, in a data directory: <c>snapshots/REGION/</c> holds a region's tables, and a <c>manifest</c> once
/// it has all of them.
/// </summary>
/// <param name="path">The directory.</param>
public sealed class SnapshotDirectory(string path) : ISnapshotStaging
{
    private const string ManifestName = "manifest";

    /// <inheritdoc/>
    public IReadOnlyList<RegionId> Regions => !Directory.Exists(path) ? []
        : [.. Directory.EnumerateDirectories(path).Select(RegionOf).OfType<RegionId>().OrderBy(region => region.Value)];

    /// <inheritdoc/>
    public ITableWriter NewTable(RegionId region, ColumnFamily family, int number)
    {
        DurableFiles.CreateDirectory(In(region));
        return new RocksTableWriter(family, TableIn(region, family, number));
    }

    /// <inheritdoc/>
    public StagedSnapshot Commit(SnapshotHeader header, IReadOnlyList<IStagedTable> tables)
    {
        var region = header.Region.Id;
        // The tables are synced; their names are with the directory, before the manifest names them.
        DurableFiles.CreateDirectory(In(region));
        DurableFiles.Sync(In(region));
        DurableFiles.WriteAtomically(ManifestIn(region), SnapshotWire.EncodeManifest(header, tables.Select(
            table => new TableEntry(table.Family, table.Pairs, new FileInfo(((RocksTable)table).Path).Length))));
        return new StagedSnapshot(header, [.. tables]);
    }

    /// <inheritdoc/>
    public StagedSnapshot? Find(RegionId region)
    {
        if (!File.Exists(ManifestIn(region))) return null;
        try
        {
            var (header, entries) = SnapshotWire.DecodeManifest(File.ReadAllBytes(ManifestIn(region)));
            var tables = entries.Select((entry, number) => Table(region, entry, number)).ToList();
            return header.Region.Id == region ? new StagedSnapshot(header, tables)
                : throw new SnapshotDamagedException($"it is of {header.Region.Id}");
        }
        catch (SnapshotDamagedException e)
        {
            throw new StorageFailedException($"the snapshot in {In(region)} is damaged: {e.Message}", e) { IsDamage = true };
        }
    }

    /// <inheritdoc/>
    public void Discard(RegionId region)
    {
        if (!Directory.Exists(In(region))) return;
        // A manifest without its tables would be taken for damage.
        File.Delete(ManifestIn(region));
        DurableFiles.Sync(In(region));
        Directory.Delete(In(region), recursive: true);
    }

    private RocksTable Table(RegionId region, TableEntry entry, int number)
    {
        var file = new FileInfo(TableIn(region, entry.Family, number));
        if (!file.Exists || file.Length != entry.Bytes)
            throw new SnapshotDamagedException($"{file.Name} has {(file.Exists ? file.Length : 0)} of {entry.Bytes} bytes");
        return new RocksTable(entry.Family, file.FullName, entry.Pairs);
    }

    private string In(RegionId region) => Path.Combine(path, region.Value.ToString(CultureInfo.InvariantCulture));

    private string ManifestIn(RegionId region) => Path.Combine(In(region), ManifestName);

    private string TableIn(RegionId region, ColumnFamily family, int number) =>
        Path.Combine(In(region), $"{number:d6}-{family.Name()}.sst");

    private static RegionId? RegionOf(string directory) =>
        ulong.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new RegionId(number) : null;
}
