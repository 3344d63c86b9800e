using TinyKv.Core.Raft.Membership;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <content>Members come and go, in a healthy group too.</content>
internal sealed partial class Recovery
{
    private int Quorum => _group.Count / 2 + 1;

    /// <summary>
    /// A new member must be added, brought up to date and promoted, and another one removed, the leader perhaps. The voters
    /// that are left are the group from then on.
    /// </summary>
    private void ChangesItsMembers()
    {
        Settle("after the faults ended");
        if (_group.Count < 5 && Leader().Log.Members.Members.Length < Configuration.MaxMembers)
        {
            var added = cluster.Changes.AddLearner(Leader().Log.Members);
            Change(_ => added);
            Change(_ => new ConfChange.Promote(added.Peer));
        }
        if (_group.Count > 1)
        {
            Change(leader => new ConfChange.Remove(
                cluster.Random.Percent(50) ? leader.Id : _group[cluster.Random.Next(_group.Count)].Id));
        }
        cluster.Marks.Hit(Mark.MembersChangedCalmly);
    }

    /// <summary>A member that is up to date leads at once when its leader says so, though all others hear that one.</summary>
    private void TransfersLeadership()
    {
        var leader = Leader();
        var target = _group.First(node => node != leader);
        cluster.NextStep();
        cluster.Transfer(leader, target.Id);
        for (var i = 0; i <= cluster.Plan.Options.HeartbeatTicks && !target.Leads; i++) Round();
        Judge.Holds(Rule.TransfersAreQuick, target.Leads, $"{leader.Id} was asked to let {target.Id} lead: {Show()}");
        cluster.Marks.Hit(Mark.TransferredCalmly);
        Converge(_group, $"after {target.Id} was told to lead");
    }

    /// <summary>Asks until it is done: that it is, the next leader may have to say.</summary>
    private void Change(Func<Node, ConfChange> choose)
    {
        ConfChange? change = null;
        for (var ticks = 0; ticks < 40 * _electionTicks; ticks++)
        {
            Round();
            if (cluster.Leader is not { } leader) continue;
            change ??= choose(leader);
            cluster.NextStep();
            if (cluster.Changes.Ask(leader, change) is not ConfChangeOutcome.AlreadyDone) continue;
            Settle($"after {change}");
            return;
        }
        Judge.Holds(Rule.Serves, false, $"{change} is not done: {Show()}");
    }

    /// <summary>Waits for a leader whose members are committed.</summary>
    private void Settle(string when)
    {
        for (var ticks = 0; ticks < 40 * _electionTicks; ticks++)
        {
            Round();
            if (cluster.Leader is not { } leader || leader.Log.MembersIndex > leader.Core.Commit
                || !leader.Core.HasCommittedInTerm || !leader.Log.Members.IsVoter(leader.Id)) continue;
            _group = [.. cluster.VotersOf(leader.Log.Members)];
            Converge([.. cluster.Nodes.Where(node => leader.Log.Members.Find(node.Id) is not null)], when);
            return;
        }
        Judge.Holds(Rule.Serves, false, $"no leader and no members {when}: {Show()}");
    }
}
