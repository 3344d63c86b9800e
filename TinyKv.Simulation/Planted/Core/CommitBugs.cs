using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>What counts as committed, and is applied.</summary>
internal static class CommitBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("commit",
    [
        new("an old term's entry committed by counting", [Rule.CountedInOwnTerm], 3, "Leader",
            "reached <= log.Commit || log.TermAt(reached) != _raft.Term",
            "reached <= log.Commit",
            "Figure 8 of the paper: what a majority has may still be overwritten."),
        new("a heartbeat that commits what was not acknowledged", [Rule.AcknowledgedHeartbeats], 3, "Leader",
            "Math.Min(acknowledged.Index, _raft.Log.Commit)",
            "_raft.Log.Commit",
            "Entries left by another leader pass for committed."),
        new("entries handed out again after a restart", [Rule.AppliedInOrder], 1, "RaftLog",
            "_handedOut = applied;",
            "",
            "The state machine applies commands twice."),
    ]);
}
