using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>Reads past the log, and leases.</summary>
internal static class ReadBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("reads",
    [
        new("a read before the own term's first commit", [Rule.CurrentReads], 2, "Leader",
            "if (_raft.Log.Commit < _firstOwn)",
            "if (_raft.Log.Commit < 0)",
            "The commit index of a new leader may be behind what clients have seen."),
        new("a read that nobody confirms", [Rule.CurrentReads], 1, "Leader",
            "Reached(_round, static f => f.Round)",
            "_round",
            "A leader that was replaced keeps answering."),
        new("a read confirmed by a round that left before it", [Rule.CurrentReads], 1, "Leader",
            "_raft.Log.Commit), _round + 1)",
            "_raft.Log.Commit), _round)",
            "The answers prove leadership for a time before the read began."),
        new("a lease that starts when the answers arrive", [Rule.CurrentReads, Rule.LeasesHold], 47, "Leader",
            "_leaseStart = oldest.Tick;",
            "_leaseStart = _raft.Now;",
            "The voters' timeout ends before the lease does."),
        new("a lease beyond the voters' timeout", [Rule.CurrentReads, Rule.LeasesHold], 37, "Leader",
            "< _raft.Options.LeaseTicks",
            "< 2 * _raft.Options.ElectionTicks",
            "Another leader is elected while the lease holds."),
        new("a restart that forgets whose lease it supports", [Rule.LeasesHold], 111, "RaftCore",
            "if (Options.LeaseReads && Term > 0 && !isNew) HearLeader();",
            "",
            "A voter comes back and elects another leader while the lease holds."),
        new("a candidate within the lease that it supports", [Rule.LeasesHold], 71, "RaftCore",
            "_role is not Candidate && !HearsLeader",
            "_role is not Candidate",
            "Its own vote is one that the lease of the leader counts on not being given."),
        new("a lease that ends with its connection", [Rule.CurrentReads, Rule.LeasesHold], 63, "RaftCore",
            "if (!Options.LeaseReads) _heardLeaderAt",
            "_heardLeaderAt",
            "The leader has only lost a connection, and answers from its lease while another one is elected."),
        new("reads that outlive the leadership", [Rule.ReadsEnd], 7, "Leader",
            "foreach (var context in _earlyReads) _raft.Drop(context);",
            "",
            "Clients wait for ever."),
    ]);
}
