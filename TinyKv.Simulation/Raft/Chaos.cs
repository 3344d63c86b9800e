using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>The first phase: one seeded choice per step, fair or foul.</summary>
internal sealed class Chaos(Cluster cluster)
{
    private readonly Random _random = cluster.Random;
    private readonly Faults _faults = cluster.Plan.Faults;
    private readonly Func<PeerId, bool> _listens = id => !IsPaused(cluster, cluster[id]);

    /// <summary>Runs the phase.</summary>
    public void Run()
    {
        foreach (var node in cluster.Nodes) node.Start();
        for (var i = 0; i < cluster.Plan.Steps; i++)
        {
            cluster.NextStep();
            Step();
        }
    }

    private void Step()
    {
        var roll = _random.Next(_faults.Total);
        if ((roll -= _faults.Deliver) < 0) Deliver();
        else if ((roll -= _faults.Tick) < 0) Tick();
        else if ((roll -= _faults.Sync) < 0) Sync();
        else if ((roll -= _faults.Apply) < 0) Apply();
        else if ((roll -= _faults.Flush) < 0) Flush();
        else if ((roll -= _faults.Propose) < 0) Propose();
        else if ((roll -= _faults.Read) < 0) Read();
        else if ((roll -= _faults.Crash) < 0) Crash();
        else if ((roll -= _faults.Restart) < 0) Restart();
        else if ((roll -= _faults.Pause) < 0) Pause();
        else if ((roll -= _faults.Stall) < 0) Stall();
        else if ((roll -= _faults.Cut) < 0) Cut();
        else if ((roll -= _faults.Heal) < 0) Heal();
        else if ((roll -= _faults.Campaign) < 0) Campaign();
        else if ((roll -= _faults.Disconnect) < 0) Disconnect();
        else if ((roll -= _faults.Stray) < 0) Stray();
        else if ((roll -= _faults.LoseTail) < 0) LoseTail();
        else if ((roll -= _faults.ChangeMembers) < 0) ChangeMembers();
        else if ((roll -= _faults.Transfer) < 0) Transfer();
        else FetchSnapshot();
    }

    private void Deliver()
    {
        if (cluster.Network.TryTake(_listens, out var packet)) cluster.Deliver(packet);
        else Tick(); // nothing is under way: let time pass
    }

    private void Tick()
    {
        if (cluster.Plan.MaxSkew == 0)
        {
            cluster.TickAll();
            return;
        }
        // The smaller of two draws: some clocks run slower than others.
        var node = cluster.Nodes[_random.Next(_random.Next(cluster.Nodes.Count) + 1)];
        var slowest = cluster.Nodes.MinBy(other => other.Clock)!;
        if (node.Clock - slowest.Clock >= cluster.Plan.MaxSkew) node = slowest;
        if (!IsPaused(cluster, node)) cluster.Tick(node);
    }

    private void Sync()
    {
        if (AnyUp(CanSync) is not { } node) return;
        // One sync often covers several writes.
        var writes = _random.Next(1, node.Journal.Pending + 1);
        while (writes-- > 0) node.CompleteWrite();
    }

    private void Apply()
    {
        if (AnyUp(node => node.Machine.Waiting > 0) is not { } node) return;
        var entries = _random.Next(1, node.Machine.Waiting + 1);
        while (entries-- > 0 && node.IsUp) node.ApplyOne();
    }

    private void FetchSnapshot()
    {
        var fetching = cluster.Snapshots.Fetching;
        if (fetching.Count > 0) cluster.Snapshots.Advance(fetching[_random.Next(fetching.Count)]);
    }

    private void Transfer()
    {
        if (AnyUp(node => node.Leads) is { } node) cluster.Transfer(node, cluster.Nodes[_random.Next(cluster.Nodes.Count)].Id);
    }

    private void ChangeMembers()
    {
        if (AnyUp(node => node.Leads) is { } node) cluster.Changes.Any(node);
    }

    private void Flush()
    {
        if (AnyUp(_ => true) is not { } node) return;
        node.Machine.Flush(_random.NextInt64(node.Machine.Flushed, node.Machine.Applied + 1));
        node.SyncEngine();
    }

    private void Propose()
    {
        if (AnyUp(node => node.Leads) is { } node) cluster.Clients.Propose(node, _random.Pick(1, 1, 1, 2, 4));
    }

    private void Read()
    {
        if (AnyUp(node => node.Leads) is { } node) cluster.Clients.Read(node, _random.Pick(1, 1, 3));
    }

    private void Crash()
    {
        // Crashes are most telling where something is at stake: at a leader, and while a write is under way.
        var up = cluster.Up.ToArray();
        Node[] victims = _random.Next(8) switch
        {
            0 => up,
            1 or 2 => [.. up.Where(node => node.Leads)],
            3 or 4 => [.. up.Where(node => node.Journal.Pending > 0)],
            _ => up.Length == 0 ? [] : [up[_random.Next(up.Length)]],
        };
        foreach (var victim in victims) victim.Crash();
    }

    private void Restart()
    {
        var down = cluster.Nodes.Where(node => !node.IsUp && !node.IsRemoved).ToArray();
        if (down.Length == 0) return;
        var node = down[_random.Next(down.Length)];
        cluster.Trace.Add($"{node.Id} restarts");
        node.Start();
    }

    private void Pause()
    {
        // Leases trust that clocks run; a host that may stand still has to look at another clock afterwards.
        var node = AnyUp(node => node.Leads || _random.Percent(30));
        if (cluster.Plan.Options.LeaseReads || node is null) return;
        node.PausedUntil = cluster.StepNumber + _random.Next(20, 400);
        cluster.Trace.Add($"{node.Id} stands still until step {node.PausedUntil}");
        cluster.Marks.Hit(Mark.Paused);
    }

    private void Stall()
    {
        if (AnyUp(_ => true) is not { } node) return;
        node.StalledUntil = cluster.StepNumber + _random.Next(20, 600);
        cluster.Trace.Add($"the disk of {node.Id} stalls until step {node.StalledUntil}");
    }

    private void Cut()
    {
        var ids = cluster.Nodes.Select(node => node.Id).ToArray();
        var one = (_random.Percent(50) ? cluster.Leader?.Id : null) ?? ids[_random.Next(ids.Length)];
        var kind = _random.Next(5);
        cluster.Trace.Add($"links of {one} fail, kind {kind}");
        switch (kind)
        {
            case 0: CutLinks(ids, (from, _) => from == one); break;
            case 1: CutLinks(ids, (_, to) => to == one); break;
            case 2: CutLinks(ids, (from, to) => from == one || to == one); break;
            case 3: CutLinks(ids, (from, to) => (from.Value < one.Value) != (to.Value < one.Value)); break;
            default: cluster.Network.Cut(one, ids[_random.Next(ids.Length)]); break;
        }
        cluster.Marks.HitIf(kind is 0 or 1 && ids.Length > 1, Mark.CutOneWay);
    }

    private void CutLinks(PeerId[] ids, Func<PeerId, PeerId, bool> fails)
    {
        foreach (var from in ids)
            foreach (var to in ids)
                if (fails(from, to)) cluster.Network.Cut(from, to);
    }

    private void Heal()
    {
        var ids = cluster.Nodes.Select(node => node.Id).ToArray();
        if (_random.Percent(50)) cluster.Network.HealAll();
        else cluster.Network.Heal(ids[_random.Next(ids.Length)], ids[_random.Next(ids.Length)]);
    }

    private void Campaign()
    {
        if (AnyUp(_ => true) is not { } node) return;
        cluster.Trace.Add($"{node.Id} is asked to campaign");
        cluster.Marks.Hit(Mark.CampaignOnRequest);
        node.Feed(core => core.Campaign(), node.View);
    }

    private void Disconnect()
    {
        if (AnyUp(node => node.Core.Role == RoleKind.Follower && node.Core.Leader != PeerId.None) is not { } node) return;
        cluster.Disconnect(node, node.Core.Leader);
    }

    /// <summary>
    /// Only what Raft can see without harm: a majority of the other members has what is lost, so that nobody is
    /// elected, with or without this member's vote, who has it not; and the vote itself stays.
    /// </summary>
    private void LoseTail()
    {
        var gaps = cluster.Nodes.Count(node => node.HasGap || node is { IsUp: true, Core.HasLostData: true });
        if (gaps >= cluster.Plan.Members - cluster.Plan.Quorum) return;
        if (AnyUp(node => !node.Leads && FirstSpare(node) <= node.Log.Last.Index) is not { } victim) return;
        victim.Crash();
        if (FirstSpare(victim) is var first && first <= victim.Journal.Log.Last.Index)
            victim.LoseTail(_random.NextInt64(first - 1, victim.Journal.Log.Last.Index));
        if (_random.Percent(70)) victim.Start();
    }

    /// <summary>The first of a member's entries from which on a majority has them on disk without the member.</summary>
    private long FirstSpare(Node node)
    {
        var log = node.Journal.Log;
        var first = log.Last.Index + 1;
        while (first - 1 > cluster.Plan.Truncated.Index && cluster.Nodes.Count(
            other => other != node && other.Journal.Log.Contains(log.At(first - 1))) >= cluster.Plan.Quorum) first--;
        return first;
    }

    private void Stray()
    {
        if (AnyUp(_ => true) is not { } node) return;
        var stranger = new PeerId(cluster.Plan.Voters[^1].Value + 1);
        var (from, to) = _random.Pick((node.Id, node.Id), (stranger, stranger), (node.Id, stranger));
        RaftMessage message = _random.Next(3) switch
        {
            0 => new RaftMessage.RequestVote(new LogPosition(1000, 1000)),
            1 => new RaftMessage.Heartbeat(1000, 1000),
            _ => new RaftMessage.Append(node.Log.Last, [], 1000),
        };
        var before = node.View;
        var envelope = new RaftEnvelope(from, to, before.Term + 5, message);
        var effects = node.Feed(core => core.Step(envelope), before);
        Judge.Holds(Rule.RefusedIsIgnored, node.View == before && effects.Store is null && effects.Refused is not null,
            $"{node.Id} takes a message from {from} to {to}");
        cluster.Marks.Hit(Mark.StrayMessage);
    }

    private bool CanSync(Node node) => node.Journal.Pending > 0 && node.StalledUntil < cluster.StepNumber;

    private static bool IsPaused(Cluster cluster, Node node) => node.PausedUntil > cluster.StepNumber;

    /// <summary>Any member that runs, does not stand still, and is suited.</summary>
    private Node? AnyUp(Func<Node, bool> suited)
    {
        var nodes = cluster.Up.Where(node => !IsPaused(cluster, node) && suited(node)).ToArray();
        return nodes.Length == 0 ? null : nodes[_random.Next(nodes.Length)];
    }
}
