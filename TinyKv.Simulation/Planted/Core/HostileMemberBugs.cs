using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>What a hostile member says.</summary>
internal static class HostileMemberBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("lies",
    [
        new("a second leader of a term believed", [Rule.NothingThrows], 6, "Leader",
            "RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.TimeoutNow or RaftMessage.SnapshotOffer =>",
            "RaftMessage.TimeoutNow or RaftMessage.SnapshotOffer =>",
            "One forged heartbeat ends the leader."),
        new("a late acknowledgement taken for a lie", [Rule.HonestAreBelieved], 1, "Leader",
            "appended.Match <= follower.SentThrough",
            "appended.Match == follower.SentThrough",
            "Honest members refuse each other."),
        new("an append that overwrites what is committed", [Rule.NothingThrows], 395, "Claims",
            "return AgainstCommitted(log, entry.Position); // all",
            "return null; // all",
            "One forged append ends the follower."),
        new("an append with a gap", [Rule.NothingThrows], 9, "Claims",
            "position.Index != last.Index + 1 ||",
            "",
            "One forged append ends the follower."),
        new("entries of a term that is still to come", [Rule.LogMatching], 2, "Claims",
            "last.Term > term ?",
            "false ?",
            "The log is in a later term than the member."),
        new("a term as far ahead as anybody claims", [Rule.TermsAreBounded], 3, "RaftCore",
            "_allowance.Take(envelope.Term - Term)",
            "envelope.Term - Term",
            "One forged message takes a member to the last term, in which nobody is elected."),
        new("a term too far ahead that changes nothing", [Rule.Serves], 15, "RaftCore",
            "if (step > 0)",
            "if (step == envelope.Term - before)",
            "Honest members who were driven apart refuse each other for ever."),
        new("an allowance that does not come back", [Rule.Serves], 3, "TermAllowance",
            "_left + RaftLimits.TermsPerTick(options)",
            "_left",
            "Honest members who were driven apart refuse each other for ever."),
        new("an allowance that is never used up", [Rule.TermsAreBounded], 3, "TermAllowance",
            "_left -= Math.Max(step, RaftLimits.MinTermStep);",
            "",
            "Members are driven apart by every message, and come together by a step in each election."),
    ]);
}
