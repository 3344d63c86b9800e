using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>What may be compacted, and what takes its place.</summary>
internal static class CompactionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("compaction",
    [
        new("a log compacted where the engine has applied it but not synced", [Rule.CompactedIsSynced], 2, "Compaction",
            "var end = Math.Min(_synced, compactIndex);",
            "var end = Math.Min(log.HandedOut, compactIndex);",
            "A power cut takes the engine back behind the beginning of the log: nothing brings it up to date."),
        new("the leader's compact index is ignored", [Rule.CompactedIsEverywhere], 149, "Compaction",
            "var end = Math.Min(_synced, compactIndex);",
            "var end = _synced;",
            "A member that was away cannot be sent what it lacks."),
        new("a leader that tells what its own disk does not have", [Rule.CompactedIsEverywhere], 26, "Leader",
            "var compactIndex = _raft.Log.Durable;",
            "var compactIndex = long.MaxValue;",
            "A crash takes from the leader what the others have compacted."),
        new("a leader that keeps nothing for whom it has not heard yet",
            [Rule.CompactedIsEverywhere, Rule.HonestAreBelieved], 17, "Leader",
            "if (!options.ProvidesSnapshots) return follower.Has;",
            "if (!options.ProvidesSnapshots) return follower.Match > 0 ? follower.Has : long.MaxValue;",
            "Who has said nothing yet has nothing, as far as the leader knows."),
        new("a snapshot acknowledged before its checkpoint is durable", [Rule.DurablePromises], 413, "RaftCore",
            "_checkpoints.Count > 0 && _checkpoints.Any(static checkpoint => checkpoint.IsOfSnapshot)",
            "false",
            "A crash takes back what the leader has counted."),
        new("a snapshot without its configuration", [Rule.MembersFollowTheLog, Rule.CheckpointsAreWhole], 185, "RaftLog",
            "Configurations.Reset(position.Index, configuration);",
            "",
            "The member counts those of long ago."),
        new("a snapshot that is offered once", [Rule.Serves], 350, "Leader",
            "if (NeedsOffer(follower)) Offer(follower);",
            "",
            "When the offer is lost, the member never comes back."),
        new("a checkpoint without the vote", [Rule.CheckpointsAreWhole], 2, "RaftCore",
            "new RaftRecord(Term, Vote, Log.Slice(end.Index + 1",
            "new RaftRecord(Term, PeerId.None, Log.Slice(end.Index + 1",
            "After a restart the member votes again in the same term."),
        new("a checkpoint without the rest of the log", [Rule.CheckpointsAreWhole], 2, "RaftCore",
            "Log.Slice(end.Index + 1, Log.Last.Index - end.Index, long.MaxValue)",
            "[]",
            "A restart loses entries that were acknowledged."),
    ]);
}
