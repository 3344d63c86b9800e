using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>Who is elected, and by whom.</summary>
internal static class ElectionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("elections",
    [
        new("a vote for every candidate of a term", [Rule.OneVotePerTerm], 12, "RaftCore",
            "!isOpen || !MayVoteFor(candidate) ||",
            "!isOpen ||",
            "Two candidates of one term can both get a majority."),
        new("a vote for a shorter log", [Rule.UpToDateVotes], 6, "RaftCore",
            "|| !request.Last.IsAtLeast(Log.Last)",
            "",
            "A leader can be elected that lacks committed entries, and overwrites them."),
        new("a refusal counted as a vote", [Rule.ElectedByMajority], 1, "Candidate",
            "Count(envelope.From, vote.Granted);",
            "Count(envelope.From, granted: true);",
            "A candidate wins with the answers of those who refused it."),
        new("a vote of an earlier election counted", [Rule.HonestAreBelieved, Rule.ElectedByMajority], 6, "RaftCore",
            "if (envelope.Term < Term)",
            "if (envelope.Term < Term && envelope.Message is not RaftMessage.Vote)",
            "A late vote for the last term counts in this one, or is taken for a lie."),
        new("a vote forgotten by a restart", [Rule.OneVotePerTerm], 50, "RaftCore",
            "Vote = record.Vote;",
            "",
            "A member that comes back votes a second time in the same term."),
    ]);
}
