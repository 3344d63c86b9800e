using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>The order in which a log is compacted.</summary>
internal static class CompactionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("compaction",
    [
        new("compaction beyond what the engine has synced", [Rule.CompactedIsSynced], 3, "RaftPeer",
            "_spec.EngineSync.Tell(new SyncEngine(_applied), Self);",
            "Self.Tell(new EngineSynced(_applied), Self);",
            "A loss of power takes the engine back to what no log holds any more."),
        new("a sync that does not sync", [Rule.CompactedIsSynced], 3, "EngineSync",
            "engine.Sync();",
            "",
            "A loss of power takes the engine back to what no log holds any more."),
        new("events deleted before the checkpoint is durable", [Rule.NothingThrows], 3, "RaftPeer",
            "_events.Add(checkpoint);",
            """
            _events.Add(checkpoint);
            DeleteMessages(LastSequenceNr);
            """,
            "A crash between the two leaves a journal without a beginning."),
        new("a checkpoint deleted with what it replaces", [Rule.NothingThrows], 3, "RaftPeer",
            "DeleteMessages(LastSequenceNr - 1);",
            "DeleteMessages(LastSequenceNr);",
            "A restart finds nothing, or records without what they follow."),
        new("a replay that passes over checkpoints", [Rule.NothingThrows], 3, "RaftPeer",
            "case RaftCheckpoint checkpoint: _replay.Take(LastSequenceNr, checkpoint); break;",
            "",
            "What was deleted is missed."),
    ]);
}
