using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>What may leave, count or be applied before it is on the disk.</summary>
internal static class DurabilityBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("durability",
    [
        new("a vote that is not stored", [Rule.DurablePromises], 3, "RaftCore",
            """
            Vote = candidate;
            _isStateDirty = true;
            """,
            "Vote = candidate;",
            "After a crash the member votes for another one."),
        new("a vote sent before it is durable", [Rule.DurablePromises], 1, "RaftCore",
            "SendDurable(candidate, new RaftMessage.Vote(",
            "SendNow(candidate, new RaftMessage.Vote(",
            "After a crash the member votes for another one."),
        new("a request for votes sent before the own vote is durable", [Rule.DurablePromises], 1, "Candidate",
            "raft.SendDurable(peer, request)",
            "raft.SendNow(peer, request)",
            "After a crash the candidate votes for another one, and both count it."),
        new("an acknowledgement sent before the entries are durable", [Rule.DurablePromises], 1, "Follower",
            "raft.SendDurable(_leader, new RaftMessage.Appended(match))",
            "raft.SendNow(_leader, new RaftMessage.Appended(match))",
            "The leader commits what a crash of this follower loses."),
        new("a leader that counts what its disk does not have", [Rule.DurableMajority], 13, "Leader",
            "Reached(log.Durable,",
            "Reached(log.Last.Index,",
            "The entry commits with one disk less than a majority."),
        new("an entry applied before it is durable", [Rule.AppliedInOrder], 1, "RaftLog",
            "Math.Min(Commit, Durable)",
            "Commit",
            "After a crash the state machine is ahead of the log."),
        new("an overwritten write that counts when it completes",
            [Rule.AppliedInOrder, Rule.DurableMajority, Rule.DurablePromises], 17, "Durability",
            "for (var i = 0; i < _writes.Count; i++) _writes[i] = Math.Min(_writes[i], index - 1);",
            "",
            "The new entries at the same indexes pass for durable while they are under way."),
        new("a truncation that leaves the durable index",
            [Rule.AppliedInOrder, Rule.DurableMajority, Rule.DurablePromises], 6, "Durability",
            "Index = Math.Min(Index, index - 1);",
            "",
            "The new entries pass for durable while they are under way."),
    ]);
}
