using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Persistence.Snapshots;

/// <summary>
/// Puts a staged snapshot in the place of what an engine holds of a region. Until it is there whole, the region's record says
/// so, and nobody reads it; whatever interrupts it, the next start repeats it. Nobody else writes to the region meanwhile.
/// Blocks on the disk.
/// </summary>
/// <param name="engine">The engine.</param>
/// <param name="staging">Where the snapshot is.</param>
public sealed class SnapshotInstaller(IEngine engine, ISnapshotStaging staging)
{
    /// <summary>Installs a snapshot. The caller then makes the journal begin behind it, and says so with
    /// <see cref="Finish"/>.</summary>
    /// <param name="snapshot">The snapshot, as the staging area has it.</param>
    /// <param name="before">What the engine says of the region; null when it does not know it.</param>
    /// <returns>What the engine says of it now.</returns>
    /// <exception cref="StorageFailedException">The store has to end; its next start repeats the installation.</exception>
    public RegionRecord Install(StagedSnapshot snapshot, RegionRecord? before) => Replace(snapshot, Mark(snapshot, before));

    /// <summary>The journal begins behind the snapshot, durably: it explains nothing any more, and may be discarded.</summary>
    public void Finish(RegionId region)
    {
        using var batch = engine.NewBatch();
        MetaRecords.WriteSnapshot(batch, region, null);
        engine.Write(batch, sync: false);
    }

    /// <summary>At the start of a store, before anybody reads: repeats installations that were interrupted, and discards
    /// snapshots that were on their way.</summary>
    /// <exception cref="StorageFailedException">One was interrupted, and its snapshot is gone.</exception>
    public void Resume()
    {
        foreach (var (snapshot, record) in Interrupted()) Replace(snapshot, record);
        foreach (var region in staging.Regions) staging.Discard(region);
    }

    /// <summary>The snapshot whose installation was interrupted. Another one would be as bad as none: what is applied, and who
    /// is a member, come from it.</summary>
    /// <param name="marked">What the engine says of the region.</param>
    /// <param name="snapshot">The engine.</param>
    /// <param name="staging">Where the snapshot must be.</param>
    /// <exception cref="StorageFailedException">It is not there.</exception>
    public static StagedSnapshot SnapshotOf(RegionRecord marked, ISnapshot snapshot, ISnapshotStaging staging)
    {
        var (region, applied) = (marked.Region, MetaRecords.ReadSnapshot(snapshot, marked.Region.Id));
        var staged = staging.Find(region.Id);
        if (staged is not null && applied == staged.Header.Applied && Same(staged.Header.Region, region)) return staged;
        throw new StorageFailedException(
            $"{region.Id} was being replaced by a snapshot up to entry {applied}, which "
            + (staged is null ? "is gone" : $"is another one now, up to entry {staged.Header.Applied}")
            + ": what the store had of it cannot be brought back; remove the store and let it join as a new one")
        {
            IsDamage = true,
        };
    }

    // From here on only this snapshot can become of the region. What was there, which may be more keys than the snapshot has
    // place for, is gone with the same write: nothing would say later that it was the region's.
    private RegionRecord Mark(StagedSnapshot snapshot, RegionRecord? before)
    {
        var marked = new RegionRecord(snapshot.Header.Region)
        {
            State = RegionState.Applying,
            JournalBorn = before is { State: not RegionState.Tombstone, JournalBorn: true },
        };
        using var batch = engine.NewBatch();
        if (before is { State: not RegionState.Tombstone }) SnapshotContent.Delete(before.Region, batch);
        MetaRecords.Write(batch, marked);
        MetaRecords.WriteSnapshot(batch, marked.Region.Id, snapshot.Header.Applied);
        engine.Write(batch, sync: true);
        return marked;
    }

    private RegionRecord Replace(StagedSnapshot snapshot, RegionRecord marked)
    {
        foreach (var (family, ranges) in SnapshotContent.Of(marked.Region))
            engine.Ingest(family, ranges, [.. snapshot.Tables.Where(table => table.Family == family)]);
        var installed = marked with { State = RegionState.Normal };
        using var batch = engine.NewBatch();
        MetaRecords.Write(batch, installed);
        MetaRecords.WriteApplied(batch, installed.Region.Id, snapshot.Header.Applied);
        engine.Write(batch, sync: true);
        return installed;
    }

    private List<(StagedSnapshot Snapshot, RegionRecord Record)> Interrupted()
    {
        using var snapshot = engine.Snapshot();
        return [.. MetaRecords.ReadAll(snapshot).Where(record => record.State == RegionState.Applying)
            .Select(record => (SnapshotOf(record, snapshot, staging), record))];
    }

    private static bool Same(Region one, Region other) => one.Id == other.Id && one.Range == other.Range
        && one.Epoch == other.Epoch && one.Peers.SequenceEqual(other.Peers);
}
