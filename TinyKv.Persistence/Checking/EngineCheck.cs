using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Persistence.Checking;

/// <summary>Reads all of an engine.</summary>
internal sealed class EngineCheck
{
    private readonly Dictionary<RegionId, long> _applied = [];

    /// <summary>What was found.</summary>
    public CheckedPart Part { get; }

    /// <summary>The applied index of each region that has one, as far as that was readable.</summary>
    public IReadOnlyDictionary<RegionId, long> Applied => _applied;

    /// <summary>Reads all of it.</summary>
    /// <exception cref="TinyKvException">It cannot be checked, which says nothing about it.</exception>
    public EngineCheck(string path)
    {
        if (RocksFiles.IsEmpty(path))
        {
            Part = new CheckedPart("engine", PartState.Sound, ["nothing was written yet"]);
            return;
        }
        var damage = new List<string>();
        try
        {
            using var engine = RocksEngine.OpenReadOnly(path);
            Collect(damage, engine.VerifyChecksums);
            Collect(damage, () => ReadRecords(engine));
        }
        catch (StorageFailedException e)
        {
            damage.Add(e.Message);
        }
        Part = damage.Count > 0 ? new CheckedPart("engine", PartState.Damaged, damage) : new CheckedPart(
            "engine", PartState.Sound, _applied.Count == 0 ? ["nothing was applied yet"]
                : [.. _applied.Select(each => $"{each.Key}: applied up to {each.Value}")]);
    }

    private void ReadRecords(RocksEngine engine)
    {
        using var snapshot = engine.Snapshot();
        foreach (var region in MetaRecords.Regions(snapshot))
        {
            MetaRecords.ReadDescriptor(snapshot, region);
            if (MetaRecords.ReadApplied(snapshot, region) is { } applied) _applied[region] = applied;
        }
        PlacementState.Load(snapshot);
    }

    // One damaged table must not hide what is wrong beside it.
    private static void Collect(List<string> damage, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is StorageFailedException or InvariantViolationException
            or Google.Protobuf.InvalidProtocolBufferException)
        {
            if (!damage.Contains(e.Message)) damage.Add(e.Message);
        }
    }
}
