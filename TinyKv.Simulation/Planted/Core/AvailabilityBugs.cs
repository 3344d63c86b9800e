using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>Who leads, and for how long.</summary>
internal static class AvailabilityBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("availability",
    [
        new("a poll that raises the term", [Rule.PollsBindNobody], 1, "RaftCore",
            "AnswerPoll(envelope, poll);",
            """
            if (envelope.Term > Term) Follow(envelope.Term, PeerId.None);
            AnswerPoll(envelope, poll);
            """,
            "A member that was cut off comes back and deposes a leader that works."),
        new("voters without a timeout", [Rule.Undisturbed], 1, "RaftCore",
            "_role is Leader || Now - _heardLeaderAt < Options.ElectionTicks",
            "_role is Leader",
            "Whoever campaigns deposes a leader that works, within its lease."),
        new("a dead leader that is waited for", [Rule.DeadLeadersAreReplaced], 1, "Follower",
            "_shortTimeout ??= ShortTimeout();",
            "",
            "Nothing is written for an election timeout after the leader's process has ended."),
        new("followers of a dead leader that poll together", [Rule.DeadLeadersAreReplaced], 1, "Follower",
            "earliest) + 2 * rank",
            "earliest)",
            "They split the votes, and wait for another election timeout."),
        new("a connection that passes for its process", [Rule.Undisturbed], 3, "Follower",
            "_elapsed + options.HeartbeatTicks + 1",
            "_elapsed + 1",
            "A leader that reconnects is deposed before it can say a word."),
        new("a leader that does not notice that it is alone", [Rule.LonelyLeadersStepDown], 1, "Leader",
            ">= _raft.Options.ElectionTicks)",
            ">= long.MaxValue)",
            "Clients wait for a leader that can commit nothing."),
        new("a leader that keeps leading without a disk", [Rule.LonelyLeadersStepDown], 1, "Leader",
            "_outrun > _raft.Options.ElectionTicks",
            "false",
            "Clients wait for a leader that can write nothing, while the others could."),
        new("a stale leader that is not told", [Rule.Serves], 20, "RaftCore",
            "SendNow(envelope.From, new RaftMessage.HeartbeatReply(Round: 0));",
            "",
            "A member of a higher term and a leader of a lower one ignore each other for ever."),
        new("a refused poll that does not tell the term", [Rule.Serves], 3, "RaftCore",
            "granted ? envelope.Term : Term);",
            "envelope.Term);",
            "An asker whose term is behind is never elected."),
    ]);
}
