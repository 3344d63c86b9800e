using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Replicas that end, what is left of them, and who tells them.</summary>
internal static class MemberBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("members",
    [
        new("a removed replica that keeps its keys", [Rule.RemovalsAreDecided], 9, "ApplyActor",
            "if (after.State == RegionState.Tombstone) SnapshotContent.Delete(_record.Region, batch);",
            "",
            "They show up in whatever region has them next."),
        new("a journal erased before the engine knows of the removal", [Rule.NothingThrows], 27, "JournalEraser",
            "engine.Sync();",
            "",
            "After a loss of power there is a replica that has forgotten what it promised."),
        new("a removal told as of a change that did not make it", [Rule.RemovalsAreDecided], 21, "RemovalEvidence",
            "new RaftMessage.Removed(known.Epoch.ConfVer)",
            "new RaftMessage.Removed(known.Epoch.ConfVer + 1)",
            "The change may have added who is told."),
        new("a replica that is never told that it was removed", [Rule.Converges], 12, "RaftPeer",
            "AskIfMember();",
            "",
            "It stands in the way of the next one for ever."),
    ]);
}
