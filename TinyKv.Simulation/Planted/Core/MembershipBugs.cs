using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>Who the members are, and who is counted.</summary>
internal static class MembershipBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("membership",
    [
        new("members changed before the leader has committed anything", [Rule.OneChangeAtATime], 13, "Leader",
            "if (log.Commit < _firstOwn)\n        {\n            return new(ConfChangeRefusal.LeaderIsNew,",
            "if (log.Commit < 0)\n        {\n            return new(ConfChangeRefusal.LeaderIsNew,",
            "A change that an earlier leader had begun and this one make majorities that have nobody in common."),
        new("two changes of members at once", [Rule.OneChangeAtATime], 13, "Leader",
            "if (log.Configurations.Index > log.Commit)\n        {\n            return",
            "if (log.Configurations.Index > log.Last.Index)\n        {\n            return",
            "The majorities before and after both have nobody in common."),
        new("a configuration kept after its entry was replaced", [Rule.MembersFollowTheLog], 33, "RaftLog",
            "Configurations.Truncate(index);",
            "",
            "Members disagree for ever about who is counted."),
        new("a learner counted in a majority",
            [Rule.DurableMajority, Rule.CurrentReads, Rule.LonelyLeadersStepDown, Rule.Serves], 9, "Leader",
            "if (!follower.IsVoter) continue;",
            "",
            "What is committed may be on no voter but the leader."),
        new("a learner whose vote is counted", [Rule.ElectedByMajority], 33, "Tally",
            "if (!configuration.IsVoter(voter)) return;",
            "",
            "A term may have two leaders."),
        new("a learner promoted that is behind", [Rule.PromotedAreCaughtUp], 21, "Leader",
            "ConfChange.Promote(var peer) when !IsCaughtUp(Find(peer)!) =>",
            "ConfChange.Promote(var peer) when Find(peer)!.SentThrough < 0 =>",
            "Nothing is committed until it has caught up."),
        new("a leader that counts itself though it is removed", [Rule.DurableMajority], 49, "Leader",
            "_countsItself = configurations.Current.IsVoter(self);",
            "_countsItself = true;",
            "Its removal is committed without a majority of those who stay."),
        new("a leader that stays after its removal", [Rule.RemovedLeadNobody], 1, "Leader",
            "log.Configurations.Index > log.Commit) return;",
            "log.Configurations.Index > 0) return;",
            "Its host ends it, and the others wait for an election timeout; one that goes on serves nobody's data."),
        new("a checkpoint with the members of today", [Rule.CheckpointsAreWhole], 2, "RaftCore",
            "Configuration = Log.Configurations.At(end.Index)",
            "Configuration = Configuration",
            "What is undone by a truncation after a restart stays."),
        new("a checkpoint without its configuration", [Rule.CheckpointsAreWhole], 2, "RaftCore",
            "_initial with { Truncated = end, Configuration = Log.Configurations.At(end.Index) }",
            "_initial with { Truncated = end }",
            "After a restart the member counts those of long ago."),
    ]);
}
