using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Snapshots between stores, and what a replica is that was given one.</summary>
internal static class SnapshotBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("snapshots",
    [
        new("a snapshot without a view of placement", [Rule.Converges], 18, "SnapshotSend",
            "spec.Regions.Tell(new TakeView(region));",
            "spec.Regions.Tell(new Read(region, null));",
            "A store that lacks what placement's log has left behind never gets it."),
        new("a dead connection that who fetches leaves as it is", [Rule.Converges], 291, "SnapshotFetch",
            "spec.Reconnect(request.From);",
            "",
            "A store that is behind stays there."),
        new("a snapshot installed over what is on its way to the journal", [Rule.NothingThrows], 39, "RaftPeer",
            "if (_staged is not { } staged || _underWay > 0 || _isInstalling) return;",
            "if (_staged is not { } staged || _isInstalling) return;",
            "The journal ends with entries of before, which follow nothing."),
        new("a snapshot that is not recovered", [Rule.NothingThrows, Rule.DurablePromises], 9, "RaftPeer",
            "Persist(checkpoint, _ => AwaitBirth());",
            "AwaitBirth();",
            "What is promised on the snapshot follows nothing in the journal."),
        new("a state machine that keeps what it knew before the snapshot",
            [Rule.UniqueIds, Rule.SameState, Rule.RisingTimestamps], 15, "ApplyActor",
            """
            _record = spec.Installer.Install(install.Snapshot, _record);
            using var snapshot = engine.Snapshot();
            _machine = spec.Machine(_record.Region, snapshot);
            """,
            """
            _record = spec.Installer.Install(install.Snapshot, _record);
            using var snapshot = engine.Snapshot();
            if (Region.Id != RegionId.Placement) _machine = spec.Machine(_record.Region, snapshot);
            """,
            "Placement hands out ids that it has handed out."),
    ]);
}
