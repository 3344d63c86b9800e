using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// No member that has lost nothing is taken for one that has; a member that has, and knows it, promises nothing any more.
/// </summary>
internal sealed class LossRules(Cluster cluster)
{
    // By the member's clock.
    private readonly Dictionary<PeerId, long> _found = [];
    private readonly Dictionary<PeerId, long> _denied = [];

    /// <summary>Checks a member that took an input.</summary>
    public static void AfterInput(Node node) => Judge.Holds(Rule.LostDoNotVote,
        !node.Core.HasLostData || node.View.Role == RoleKind.Follower, $"{node.Id} has lost data and is {node.View}");

    /// <summary>
    /// A member has taken a message: a heartbeat that asks for what it has denies the loss that it was told of.
    /// </summary>
    public void Heard(Node node, RaftEnvelope envelope)
    {
        if (envelope.Message is not RaftMessage.Heartbeat heartbeat || !node.Log.Holds(heartbeat.Acknowledged)) return;
        if (!node.Core.DataLosses.Any(loss => loss.Member == node.Id && loss.Term == envelope.Term)) return;
        _denied[node.Id] = node.Clock;
        cluster.Marks.Hit(Mark.LossDenied);
    }

    /// <summary>A member says something about a loss.</summary>
    public void Reported(Node node, DataLossReport report)
    {
        var (loss, stage) = (report.Loss, report.Stage);
        Judge.Holds(Rule.LossesAreTrue, cluster[loss.Member].EverLost, $"{node.Id} says {report}, but nothing was lost");
        Judge.Holds(Rule.LossesAreTrue,
            loss.Acknowledged.Index <= cluster.Invariants.Promises.AcknowledgedBy(loss.Member, loss.Term),
            $"{node.Id} says {report}, but that was not acknowledged");
        if (stage == DataLossStage.Found && loss.Member == node.Id) _found[node.Id] = node.Clock;
        if (stage == DataLossStage.Confirmed) CheckConfirmed(node, report);
        cluster.Marks.HitIf(stage == DataLossStage.Found && node.Leads, Mark.LossFoundByLeader);
        cluster.Marks.HitIf(stage == DataLossStage.Found && !node.Leads, Mark.LossFoundByMember);
        cluster.Marks.HitIf(stage == DataLossStage.Cleared && node.Leads, Mark.LossClearedForLeader);
        cluster.Marks.HitIf(stage == DataLossStage.Cleared && !node.Leads, Mark.LossClearedForMember);
        cluster.Marks.HitIf(stage == DataLossStage.Confirmed, Mark.LossConfirmed);
    }

    private void CheckConfirmed(Node node, DataLossReport report)
    {
        Judge.Holds(Rule.LossesAreTrue, report.Loss.Member == node.Id, $"{node.Id} ends another: {report}");
        Judge.Holds(Rule.LossesTakeTime, node.Clock - _found[node.Id] >= cluster.Plan.Options.ElectionTicks,
            $"{node.Id} ends too soon: {report}");
        Judge.Holds(Rule.LossesTakeTime, !_denied.TryGetValue(node.Id, out var denied)
            || node.Clock - denied >= cluster.Plan.Options.ElectionTicks,
            $"{node.Id} ends too soon after a denial: {report}");
    }

    /// <summary>Checks a message that is promised or leaves.</summary>
    public static void Promising(Node node, RaftEnvelope envelope)
    {
        var grants = envelope.Message is RaftMessage.Vote { Granted: true } or RaftMessage.PreVoteReply { Granted: true };
        Judge.Holds(Rule.LostDoNotVote, !grants || !node.Core.HasLostData, $"{node.Id} has lost data and votes: {envelope}");
    }
}
