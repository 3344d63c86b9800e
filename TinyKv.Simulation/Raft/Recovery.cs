using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// The second phase: faults end, and the group must serve again within a bounded number of ticks, must then
/// stay calm, and must take what a healthy group takes: one member cut off and coming back, a leader
/// without a disk, a leader cut off.
/// </summary>
internal sealed partial class Recovery(Cluster cluster)
{
    private readonly int _electionTicks = cluster.Plan.Options.ElectionTicks;
    private IReadOnlyList<Node> _group = cluster.Nodes; // the voters
    private Node? _stalled; // its disk completes no write

    /// <summary>Runs the phase.</summary>
    public void Run()
    {
        cluster.Trace.Add($"faults end");
        cluster.Network.HealAll();
        cluster.Network.CutsLose = true;
        cluster.RepairsAtOnce = true;
        foreach (var node in cluster.Nodes)
            if (!node.IsUp && !node.IsRemoved) node.Start();
        if (cluster.Plan.ChangesMembers) ChangesItsMembers();
        Converge(_group, "after the faults ended");
        StaysCalm(3 * _electionTicks, "in a healthy group");
        ServesReads();
        if (_group.Count >= 3) IgnoresADeafFollower();
        if (_group.Count >= 3) TakesBackAFollower();
        if (_group.Count >= 2) KeepsALeaderThatReconnects();
        if (_group.Count >= 3) ReplacesADeadLeaderSoon();
        if (_group.Count >= 3 && cluster.Plan.Options.LeaseReads) KeepsALease();
        if (_group.Count >= 3) ReplacesALeaderWhoseDiskStalls();
        if (!cluster.Plan.Compacts && !cluster.Plan.ChangesMembers) JudgesLosses();
        if (_group.Count >= 2) ReplacesItsLeader();
        if (_group.Count >= 2) TransfersLeadership();
        cluster.Clients.CheckAcknowledged();
    }

    private void JudgesLosses()
    {
        if (_group.Count >= 3) CountsNobodyWhoHasLostData();
        if (_group.Count >= 3) EndsAMemberThatHasLostData();
        if (_group.Count >= 2) EndsAMemberThatAMajorityLacks();
    }

    /// <summary>Some leader must commit a new command on all of <paramref name="members"/>.</summary>
    private void Converge(IReadOnlyCollection<Node> members, string when)
    {
        LogPosition? probe = null;
        // Split votes repeat with luck only: twenty elections in a row do not fail.
        for (var ticks = 0; ticks < 40 * _electionTicks; ticks++)
        {
            Round();
            if (probe is { } sought && members.All(node => node.Machine.Applied >= sought.Index)
                && members.All(node => node.Log.Contains(sought))) return;
            var leader = members.Where(node => node.Leads).MaxBy(node => node.Core.Term);
            if (leader is null || (probe is { } open && leader.Log.Contains(open))) continue;
            probe = cluster.Clients.Propose(leader, 1);
        }
        Judge.Holds(Rule.Serves, false, $"no new command is everywhere {when}: {Show()}");
    }

    private void StaysCalm(int ticks, string where)
    {
        var before = _group.Select(node => node.View with { Commit = 0 }).ToArray();
        for (var i = 0; i < ticks; i++) Round();
        var after = _group.Select(node => node.View with { Commit = 0 });
        Judge.Holds(Rule.Undisturbed, before.SequenceEqual(after), $"leadership changed {where}: {Show()}");
    }

    private void ServesReads()
    {
        cluster.NextStep();
        cluster.Clients.Read(Leader(), 2);
        for (var i = 0; i < 2 * cluster.Plan.Options.HeartbeatTicks; i++) Round();
        Judge.Holds(Rule.ReadsEnd, cluster.Invariants.Reads.Open == 0, $"a read waits in a healthy group: {Show()}");
    }

    /// <summary>Voters are patient: who alone cannot hear the leader must not depose it.</summary>
    private void IgnoresADeafFollower()
    {
        var (leader, term) = (Leader(), Leader().Core.Term);
        var follower = _group.Last(node => node != leader);
        cluster.Trace.Add($"{follower.Id} does not hear {leader.Id}");
        cluster.Network.Cut(leader.Id, follower.Id);
        for (var i = 0; i < 4 * _electionTicks; i++) Round();
        Judge.Holds(Rule.Undisturbed, leader.Leads && leader.Core.Term == term,
            $"{follower.Id} is deaf and disturbed: {Show()}");
        cluster.Marks.Hit(Mark.DeafFollowerIgnored);
        cluster.Network.HealAll();
        Converge(_group, $"after {follower.Id} heard again");
    }

    /// <summary>Pre-vote: who was cut off must not depose a leader that works.</summary>
    private void TakesBackAFollower()
    {
        var (leader, term) = (Leader(), Leader().Core.Term);
        var follower = _group.First(node => node != leader);
        Isolate(follower);
        for (var i = 0; i < 4 * _electionTicks; i++) Round();
        cluster.NextStep();
        cluster.Clients.Propose(leader, 1);
        cluster.Network.HealAll();
        Converge(_group, $"after {follower.Id} came back");
        Judge.Holds(Rule.Undisturbed, leader.Leads && leader.Core.Term == term,
            $"{follower.Id} came back and disturbed: {Show()}");
        cluster.Marks.Hit(Mark.RejoinedWithoutDisturbance);
    }

    /// <summary>Connections that are merely replaced end no leadership, though everybody notices.</summary>
    private void KeepsALeaderThatReconnects()
    {
        var (leader, term) = (Leader(), Leader().Core.Term);
        foreach (var node in _group.Where(node => node != leader)) cluster.Disconnect(node, leader.Id);
        for (var i = 0; i < 2 * _electionTicks; i++) Round();
        Judge.Holds(Rule.Undisturbed, leader.Leads && leader.Core.Term == term,
            $"{leader.Id} reconnected and was deposed: {Show()}");
        cluster.Marks.Hit(Mark.ReconnectedWithoutDisturbance);
    }

    /// <summary>Of a process that ends the others hear at once, and need not wait for an election timeout.</summary>
    private void ReplacesADeadLeaderSoon()
    {
        var (leader, options) = (Leader(), cluster.Plan.Options);
        leader.Crash();
        Node[] others = [.. cluster.Up];
        foreach (var node in others) cluster.Disconnect(node, leader.Id);
        // A lease that was promised is waited for, also when it is lost with who had it.
        var ticks = (options.LeaseReads ? _electionTicks : options.HeartbeatTicks) + 1;
        for (var i = 0; i < ticks && !others.Any(node => node.Leads); i++) Round();
        Judge.Holds(Rule.DeadLeadersAreReplaced, others.Any(node => node.Leads),
            $"{leader.Id} has been dead for {ticks} ticks: {Show()}");
        cluster.Marks.Hit(Mark.DeadLeaderReplacedSoon);
        leader.Start();
        Converge(_group, $"after {leader.Id} restarted");
    }

    /// <summary>
    /// Voters must be patient also when they come back, when they are asked to campaign, and when their connections to the
    /// leader end: here one member stands for election again and again, and its voters are tempted when their leader,
    /// which has a lease, is cut off.
    /// </summary>
    private void KeepsALease()
    {
        var leader = Leader();
        var eager = _group.Last(node => node != leader);
        cluster.Network.Cut(leader.Id, eager.Id);
        cluster.Network.Cut(eager.Id, leader.Id);
        for (var i = 0; i < 3 * _electionTicks; i++) Round();
        Isolate(leader);
        var temptation = cluster.Random.Next(3);
        foreach (var node in _group.Where(node => node != leader && node != eager))
        {
            switch (temptation)
            {
                case 0: Restart(node); break;
                case 1: node.Feed(core => core.Campaign(), node.View); break;
                default: cluster.Disconnect(node, leader.Id); break;
            }
        }
        for (var i = 0; i < 2 * _electionTicks; i++) Round();
        cluster.Network.HealAll();
        Converge(_group, "after temptations within a lease");
    }

    /// <summary>Check-quorum: a leader without a majority must notice; the others elect another.</summary>
    private void ReplacesItsLeader()
    {
        var leader = Leader();
        Isolate(leader);
        for (var i = 0; i <= 2 * _electionTicks && leader.Leads; i++) Round();
        Judge.Holds(Rule.LonelyLeadersStepDown, !leader.Leads, $"{leader.Id} leads nobody and does not notice: {Show()}");
        Node[] others = [.. _group.Where(node => node != leader)];
        if (others.Length >= Quorum)
        {
            Converge(others, $"without {leader.Id}");
            cluster.Marks.Hit(Mark.IsolatedLeaderReplaced);
        }
        cluster.Network.HealAll();
        Converge(_group, $"after {leader.Id} came back");
    }

    /// <summary>A leader that can write nothing must let another lead, and takes part again once it can.</summary>
    private void ReplacesALeaderWhoseDiskStalls()
    {
        var leader = Leader();
        cluster.Trace.Add($"the disk of {leader.Id} stalls");
        _stalled = leader;
        cluster.NextStep();
        cluster.Clients.Propose(leader, 1);
        for (var i = 0; i <= 2 * _electionTicks && leader.Leads; i++) Round();
        Judge.Holds(Rule.LonelyLeadersStepDown, !leader.Leads, $"{leader.Id} leads without a disk: {Show()}");
        Converge([.. _group.Where(node => node != leader)], $"without the disk of {leader.Id}");
        cluster.Marks.Hit(Mark.StalledLeaderReplaced);
        _stalled = null;
        Converge(_group, $"after the disk of {leader.Id} works again");
    }

    /// <summary>
    /// A member that has lost the end of its log is the one that a majority lacks: nothing is committed with it, and the
    /// next leader catches it up.
    /// </summary>
    private void CountsNobodyWhoHasLostData()
    {
        var (leader, term) = (Leader(), Leader().Core.Term);
        var follower = LoseTailOfAFollower(leader);
        IsolateUnneeded(leader, follower);
        for (var i = 0; i <= 2 * cluster.Plan.Options.HeartbeatTicks && !follower.Core.HasLostData; i++) Round();
        Judge.Holds(Rule.LossesAreFound, follower.Core.HasLostData,
            $"{follower.Id} does not know that it has lost data: {Show()}");
        cluster.NextStep();
        cluster.Clients.Propose(leader, 1);
        for (var i = 0; i <= cluster.Plan.Options.HeartbeatTicks; i++) Round();
        Judge.Holds(Rule.LossesAreFound, leader.Core.Commit < leader.Log.Last.Index,
            $"{leader.Id} counts {follower.Id}, which has lost data: {Show()}");
        Restart(leader); // it knows no more what was acknowledged to it
        cluster.Network.HealAll();
        Converge(_group, $"after {follower.Id} lost data");
        Judge.Holds(Rule.LossesAreFound, Leader().Core.Term > term, $"nobody else was elected: {Show()}");
        cluster.Marks.Hit(Mark.LostCaughtUpByLaterLeader);
    }

    /// <summary>
    /// Without it there is no majority. Nevertheless it hears of the loss until it ends; then the leader steps down, as
    /// for a silent one.
    /// </summary>
    private void EndsAMemberThatAMajorityLacks()
    {
        cluster.RepairsAtOnce = false;
        var leader = Leader();
        var follower = LoseTailOfAFollower(leader);
        IsolateUnneeded(leader, follower);
        for (var i = 0; i <= 4 * _electionTicks && leader.Leads; i++) Round();
        Judge.Holds(Rule.LossesAreFound, !follower.IsUp, $"{follower.Id} has lost data and does not end: {Show()}");
        Judge.Holds(Rule.LonelyLeadersStepDown, !leader.Leads, $"{leader.Id} leads without a majority: {Show()}");
        cluster.Marks.Hit(Mark.LeaderWithoutTheLostSteppedDown);
        follower.PutBackTail();
        follower.Start();
        cluster.RepairsAtOnce = true;
        cluster.Network.HealAll();
        Converge(_group, $"after {follower.Id} got its log back");
    }

    /// <summary>The others continue without a member that has lost data, and it ends within a few election timeouts, though a
    /// heartbeat from before what it has lost comes late.</summary>
    private void EndsAMemberThatHasLostData()
    {
        cluster.RepairsAtOnce = false;
        var (leader, term) = (Leader(), Leader().Core.Term);
        for (var i = 0; i <= cluster.Plan.Options.HeartbeatTicks; i++) Round();
        var late = cluster.Network.LastHeartbeat(leader.Id, _group.First(node => node != leader).Id);
        cluster.NextStep();
        cluster.Clients.Propose(leader, 1);
        var follower = LoseTailOfAFollower(leader);
        for (var i = 1; i < _electionTicks; i++) Round();
        cluster.Deliver(late);
        for (var i = 0; i <= 3 * _electionTicks && follower.IsUp; i++) Round();
        Judge.Holds(Rule.LossesAreFound, !follower.IsUp, $"{follower.Id} has lost data and does not end: {Show()}");
        Converge([.. _group.Where(node => node != follower)], $"without {follower.Id}");
        follower.PutBackTail();
        follower.Start();
        cluster.RepairsAtOnce = true;
        Converge(_group, $"after {follower.Id} got its log back");
        Judge.Holds(Rule.Undisturbed, leader.Leads && leader.Core.Term == term, $"{follower.Id} disturbed: {Show()}");
    }

    // A majority is left, and it needs the member.
    private void IsolateUnneeded(Node leader, Node member)
    {
        foreach (var other in _group.Where(node => node != leader && node != member)
            .Skip(Quorum - 2)) Isolate(other);
    }

    private Node LoseTailOfAFollower(Node leader)
    {
        var follower = _group.First(node => node != leader);
        // The leader must have heard of what is lost, or it is sent again as if nothing had been.
        for (var i = 0; i <= cluster.Plan.Options.HeartbeatTicks; i++) Round();
        follower.Crash();
        follower.LoseTail(follower.Journal.Log.Last.Index - 1);
        follower.Start();
        return follower;
    }

    private static void Restart(Node node)
    {
        node.Crash();
        node.Start();
    }

    private Node Leader()
    {
        var leader = cluster.Leader;
        Judge.Holds(Rule.Serves, leader is not null, $"no leader: {Show()}");
        return leader;
    }

    private void Isolate(Node node)
    {
        cluster.Trace.Add($"{node.Id} is cut off");
        foreach (var other in cluster.Nodes.Select(other => other.Id))
        {
            cluster.Network.Cut(node.Id, other);
            cluster.Network.Cut(other, node.Id);
        }
    }

    /// <summary>One tick everywhere, and then everything that follows from it.</summary>
    private void Round()
    {
        cluster.NextStep();
        cluster.TickAll();
        // Catching up with single-entry appends takes a few messages per entry; a storm takes more.
        var entries = cluster.Up.Max(node => node.Core.Last.Index) - cluster.Plan.Truncated.Index;
        var timeout = 1000 + 40 * cluster.Nodes.Count * (entries + 10);
        while (Progress())
            Judge.Holds(Rule.MessagesEnd, --timeout > 0, $"messages never end: {Show()}");
    }

    private bool Progress()
    {
        cluster.NextStep();
        var moved = cluster.Network.TryTakeOldest(out var packet);
        if (moved) cluster.Deliver(packet);
        foreach (var node in cluster.Nodes)
        {
            var writes = node != _stalled && node.Journal.Pending > 0;
            moved |= writes || node.Machine.Waiting > 0;
            while (writes && node.Journal.Pending > 0) node.CompleteWrite();
            moved |= node.AwaitsSync;
            node.SyncEngine();
            while (node.Machine.Waiting > 0) node.ApplyOne();
        }
        foreach (var node in cluster.Snapshots.Fetching)
        {
            cluster.Snapshots.Advance(node);
            moved = true;
        }
        return moved;
    }

    private string Show() => string.Join("; ", cluster.Up.Select(node =>
        $"{node.Id} {node.View} last {node.Core.Last} applied {node.Machine.Applied}"));
}
