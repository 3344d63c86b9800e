using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Snapshots;

namespace TinyKv.Persistence.Checking;

/// <summary>Reads all of an engine.</summary>
internal sealed class EngineCheck
{
    private const string Lost = "it is empty, but the store has used it: what it held is lost";

    private readonly Dictionary<RegionId, LogPosition> _applied = [];
    private readonly HashSet<RegionId> _ahead = [];
    private readonly string _snapshots;

    /// <summary>What was found.</summary>
    public CheckedPart Part { get; }

    /// <summary>What it says of regions, as far as that was readable.</summary>
    public IReadOnlyList<RegionRecord> Regions { get; private set; } = [];

    /// <summary>The last entry that is applied of each region, as far as that was readable.</summary>
    public IReadOnlyDictionary<RegionId, LogPosition> Applied => _applied;

    /// <summary>The regions that a snapshot has put ahead of their journals, or is about to: the next start ends that.</summary>
    public IReadOnlySet<RegionId> Ahead => _ahead;

    /// <summary>Whether the engine that the store has used is not there, and at most another.</summary>
    public bool IsMissing { get; private set; }

    /// <summary>Reads all of it.</summary>
    /// <param name="path">Its files.</param>
    /// <param name="snapshots">Where snapshots are that arrive.</param>
    /// <param name="identity">Whose it must be; null: not known.</param>
    /// <param name="record">What the store knew of itself; null: not known.</param>
    /// <exception cref="TinyKvException">It cannot be checked, which says nothing about it.</exception>
    public EngineCheck(string path, string snapshots, StoreIdentity? identity, StoreRecord? record)
    {
        _snapshots = snapshots;
        var isLost = identity is not null && record is not null && EngineRebuild.IsLost(identity, record, isReplicated: true);
        if (RocksFiles.IsEmpty(path))
        {
            IsMissing = isLost;
            Part = isLost ? new CheckedPart("engine", PartState.Damaged, [Lost])
                : new CheckedPart("engine", PartState.Sound, ["nothing was written yet"]);
            return;
        }
        var damage = new List<string>();
        try
        {
            using var engine = RocksEngine.OpenReadOnly(path);
            Collect(damage, engine.VerifyChecksums);
            Collect(damage, () => RequireOwner(engine, record?.Directory ?? DirectoryId.None, isLost));
            if (!IsMissing) Collect(damage, () => ReadRecords(engine));
        }
        catch (StorageFailedException e)
        {
            damage.Add(e.Message);
        }
        Part = damage.Count > 0 ? new CheckedPart("engine", PartState.Damaged, damage) : new CheckedPart(
            "engine", PartState.Sound, _applied.Count == 0 ? ["there are no regions yet"]
                : [.. _applied.Select(each => $"{each.Key}: applied up to entry {each.Value.Index} of term {each.Value.Term}")]);
    }

    private void RequireOwner(RocksEngine engine, DirectoryId expected, bool isLost)
    {
        var owner = EngineOwner.Of(engine);
        if (expected == DirectoryId.None || owner == expected) return;
        IsMissing = owner != DirectoryId.None || isLost;
        if (IsMissing)
            throw new StorageFailedException(owner == DirectoryId.None ? Lost
                : $"it belongs to the data directory {owner}, this is {expected}");
    }

    private void ReadRecords(RocksEngine engine)
    {
        using var snapshot = engine.Snapshot();
        Regions = MetaRecords.ReadAll(snapshot);
        StoreCatalog.Of(Regions);
        foreach (var region in Regions.Where(record => record.State == RegionState.Normal).Select(record => record.Region.Id))
        {
            var applied = _applied[region] = MetaRecords.AppliedOf(snapshot, region);
            if (EngineAhead.IsExplained(applied, MetaRecords.ReadSnapshot(snapshot, region))) _ahead.Add(region);
        }
        foreach (var record in Regions.Where(record => record.State == RegionState.Applying))
        {
            SnapshotInstaller.SnapshotOf(record, snapshot, new SnapshotDirectory(_snapshots));
            _ahead.Add(record.Region.Id);
        }
        PlacementState.Load(snapshot);
        StoreRecords.Load(snapshot);
    }

    // One damaged table must not hide what is wrong beside it.
    private static void Collect(List<string> damage, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is StorageFailedException or InvariantViolationException)
        {
            if (!damage.Contains(e.Message)) damage.Add(e.Message);
        }
    }
}
