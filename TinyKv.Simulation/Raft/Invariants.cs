using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// What must hold after each step, judged with the knowledge of all members at once. The parts know the
/// history that their rules speak of; each checks only what the last step may have changed.
/// </summary>
internal sealed class Invariants(Cluster cluster)
{
    /// <summary>Who led, who voted.</summary>
    public ElectionRules Elections { get; } = new(cluster);

    /// <summary>Who has lost data.</summary>
    public LossRules Losses { get; } = new(cluster);

    /// <summary>Who the members are.</summary>
    public MembershipRules Members { get; } = new(cluster);

    /// <summary>What logs may contain.</summary>
    public LogRules Logs { get; } = new(cluster);

    /// <summary>What logs may leave out.</summary>
    public CompactionRules Compactions { get; } = new(cluster);

    /// <summary>What is committed and applied.</summary>
    public CommitRules Commits { get; } = new(cluster);

    /// <summary>What messages promise.</summary>
    public PromiseRules Promises { get; } = new(cluster);

    /// <summary>Which reads may be served.</summary>
    public ReadRules Reads { get; } = new(cluster);

    /// <summary>Checks a member that took an input and whose messages have left.</summary>
    public void AfterInput(Node node, View before, Effects effects)
    {
        var now = node.View;
        Judge.Holds(Rule.StateIsAnnounced, node.Core.Last == node.Log.Last,
            $"{node.Id} ends its log at {node.Core.Last}, but what it stored ends at {node.Log.Last}");
        CheckAnnounced(node, before, now, effects.Changed);
        Commits.AfterInput(node, before, now);
        Elections.AfterInput(node, before, now);
        LossRules.AfterInput(node);
        Commits.Handed(node, effects);
        Members.AfterInput(node, effects);
        Reads.AfterInput(node, before, effects);
    }

    /// <summary>Takes note of what a crash made unsaid.</summary>
    public void AfterCrash(Node node)
    {
        Elections.Recorded(node);
        Reads.Forget(node);
        if (node.Log.Members.Members.Length > 1) return;
        Elections.ForgetUnrecorded(node);
        Logs.ForgetUnrecorded(node);
    }

    private static void CheckAnnounced(Node node, View before, View now, LeadershipChange? change)
    {
        if (change is { } said)
            Judge.Holds(Rule.StateIsAnnounced, said == new LeadershipChange(now.Role, now.Term, now.Leader),
                $"{node.Id} announces {said} and is {now}");
        else
            Judge.Holds(Rule.StateIsAnnounced, now with { Commit = 0 } == before with { Commit = 0 },
                $"{node.Id} went from {before} to {now} and did not say so");
        Judge.Holds(Rule.StateIsAnnounced, !now.Leads || now.Leader == node.Id, $"{node.Id} leads and names {now.Leader}");
    }
}
