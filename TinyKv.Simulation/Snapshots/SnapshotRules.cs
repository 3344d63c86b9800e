using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Snapshots;

/// <summary>What must hold of every state of the receiver's engine.</summary>
internal sealed class SnapshotRules
{
    private readonly SnapshotPlan _plan;
    private readonly string _sent;
    private readonly string _before;
    private readonly string _others;

    public SnapshotRules(SnapshotPlan plan)
    {
        _plan = plan;
        _sent = Content(plan.Sender, plan.Region);
        _before = plan.Before is { } before ? Content(plan.Receiver, before) : "";
        _others = Others(plan.Receiver);
    }

    /// <summary>Whoever reads the region sees all of what was before or all of what was sent, with what it is of.</summary>
    public void State(MemoryEngine engine)
    {
        if (Recorded(engine) is not { State: RegionState.Normal } record) return;
        using var snapshot = engine.Snapshot();
        var applied = MetaRecords.ReadApplied(snapshot, record.Region.Id);
        var isNew = applied == _plan.Applied;
        Judge.Holds(Rule.SnapshotsAreWhole, isNew || applied == SnapshotPlan.AppliedBefore,
            $"the region is applied up to {applied}");
        var expected = isNew ? _plan.Region : _plan.Before!;
        Judge.Holds(Rule.SnapshotsAreWhole, Same(record.Region, expected),
            $"the record says {record.Region.Range} {record.Region.Epoch} {record.Region.Peers.Length} peers");
        Judge.Holds(Rule.SnapshotsAreWhole, Content(engine, expected) == (isNew ? _sent : _before),
            $"what is applied up to {applied} is not what was there or was sent");
    }

    /// <summary>At the end the region is what was sent, nothing else of what it had is left, and others' keys are as they
    /// were.</summary>
    public void End(MemoryEngine engine)
    {
        State(engine);
        Judge.Holds(Rule.SnapshotsAreWhole, Recorded(engine)?.State == RegionState.Normal,
            $"the region is not here in the end");
        Judge.Holds(Rule.RegionsAreKept, Others(engine) == _others, $"keys of others have changed");
        Judge.Holds(Rule.RegionsAreKept, LeftBehind(engine).Length == 0, $"keys are left that belong to no region");
    }

    /// <summary>A start finds an engine that its journal explains.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="journal">Where the journal ends.</param>
    public static bool Start(MemoryEngine engine, LogPosition journal)
    {
        using var snapshot = engine.Snapshot();
        if (Recorded(engine) is not { } record) return false;
        var applied = MetaRecords.ReadApplied(snapshot, record.Region.Id)!.Value;
        if (applied.Index <= journal.Index) return false;
        Judge.Holds(Rule.SnapshotsAreExplained,
            EngineAhead.IsExplained(applied, MetaRecords.ReadSnapshot(snapshot, record.Region.Id)),
            $"the engine is at {applied}, the journal ends at {journal}, and nothing says why");
        return true;
    }

    /// <summary>What an engine says of the region.</summary>
    public static RegionRecord? Recorded(MemoryEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return MetaRecords.ReadAll(snapshot).SingleOrDefault();
    }

    private static bool Same(Region one, Region other) => one.Range == other.Range && one.Epoch == other.Epoch
        && one.Peers.SequenceEqual(other.Peers);

    private static string Content(MemoryEngine engine, Region region) => region.Id == RegionId.Placement
        ? string.Join('|', MetaKeys.PlacementRanges.Select(range => Text(engine, ColumnFamily.Meta, range)))
        : string.Join('|', ColumnFamilies.OfClients.Select(family => Text(engine, family, region.Range)));

    // On both sides of whatever the region ever was.
    private string Others(MemoryEngine engine)
    {
        if (_plan.Region.Id == RegionId.Placement) return OfAll(engine, KeyRange.All);
        var end = Ends(_plan.Before ?? _plan.Region, _plan.Region).Last();
        return OfAll(engine, new KeyRange(default, _plan.Region.Range.Start)) + OfAll(engine, new KeyRange(end, default));
    }

    // What was the region's and is not any more.
    private string LeftBehind(MemoryEngine engine)
    {
        if (_plan.Region.Id == RegionId.Placement || _plan.Before is not { } before) return "";
        var range = new KeyRange(_plan.Region.Range.End, before.Range.End);
        return range.IsEmpty ? "" : OfAll(engine, range);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Ends(params Region[] regions) =>
        regions.Select(region => region.Range.End).OrderBy(end => end.Span[0]);

    private static string OfAll(MemoryEngine engine, KeyRange range) =>
        string.Concat(ColumnFamilies.OfClients.Select(family => Text(engine, family, range)));

    private static string Text(MemoryEngine engine, ColumnFamily family, KeyRange range)
    {
        using var snapshot = engine.Snapshot();
        using var walk = snapshot.Iterate(family, range);
        var text = new System.Text.StringBuilder();
        while (walk.MoveNext())
            text.Append(Convert.ToHexString(walk.Key)).Append('=').Append(Convert.ToHexString(walk.Value)).Append(' ');
        return text.ToString();
    }
}
