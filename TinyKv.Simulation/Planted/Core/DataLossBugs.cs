using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>Members that have lost what they acknowledged.</summary>
internal static class DataLossBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("losses",
    [
        new("a member that has lost data and is counted",
            [Rule.CurrentReads, Rule.DurableMajority, Rule.LossesAreFound], 366, "Leader",
            "follower.State == ProgressState.DataLoss && !ofTheLost ? 0 : of(follower)",
            "of(follower)",
            "A leader and a member that lost what it acknowledged pass for a majority."),
        new("a member that has lost data and votes", [Rule.LostDoNotVote], 3, "RaftCore",
            "HasLostData || !isOpen ||",
            "!isOpen ||",
            "It elects a leader that lacks what was committed with its acknowledgement, or votes twice in a term."),
        new("a member that has lost data and promises its vote", [Rule.LostDoNotVote], 3, "RaftCore",
            "!HasLostData && !HearsLeader",
            "!HearsLeader",
            "An asker that cannot win raises its term and deposes a leader that works."),
        new("a member that has lost data and campaigns", [Rule.LostDoNotVote], 3, "RaftCore",
            "Term < RaftLimits.MaxNumber && !HasLostData",
            "Term < RaftLimits.MaxNumber",
            "It asks for votes with a log that is shorter than what it acknowledged."),
        new("a member that does not look what it holds", [Rule.LossesAreFound], 3, "Follower",
            "var held = raft.Log.HeldOf(acknowledged);",
            "var held = acknowledged;",
            "It stays behind for ever, and passes for one of a majority."),
        new("a loss that one message proves", [Rule.LossesTakeTime], 3, "LossEvidence",
            "_isConfirmed || tick - _since < options.ElectionTicks",
            "_isConfirmed || tick == _since",
            "A confused peer ends a store."),
        new("a loss that is proved while it is denied", [Rule.LossesTakeTime], 22, "LossEvidence",
            "isNew || _deniedSince is not null ||",
            "isNew ||",
            "A confused peer that speaks in the leader's name ends a store."),
        new("a loss that nothing makes good", [Rule.Serves], 3, "Leader",
            "else if (follower.Holds(asked))",
            "else if (reply.Round < 0 && follower.Holds(asked))",
            "A store whose files were put back is never sent anything again."),
    ]);
}
