using System.Text;
using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// The third phase, in a group of its own: one member says whatever it likes. Safety is not claimed then; that the
/// others keep their own state in order is, and that they serve again once it is silent if it only disturbed.
/// </summary>
internal sealed class Hostility
{
    private readonly Cluster _cluster;
    private readonly Random _random;
    private readonly List<Victim> _victims;
    private readonly List<RaftEnvelope> _underWay = [];
    private readonly Liar _liar;
    private readonly bool _onlyDisturbs;
    private readonly Victim? _listener; // who alone is spoken to

    public Hostility(Cluster cluster)
    {
        _cluster = cluster;
        _random = cluster.Random;
        _onlyDisturbs = _random.Percent(50);
        var members = Plan.DrawMembers(cluster.Numbers, _random.Pick(3, 3, 5));
        var hostile = members[_random.Next(members.Length)];
        _liar = new Liar(hostile, members, _random, _onlyDisturbs, () => new byte[_random.Next(3)]);
        var initial = (cluster.Plan with { Voters = members }).Initial;
        var options = cluster.Plan.Options with { ProvidesSnapshots = false };
        _victims = [.. members.Where(member => member != hostile).Select(member =>
            new Victim(member, initial, options, _random, _underWay.Add))];
        if (_random.Percent(40)) _listener = _victims[_random.Next(_victims.Count)];
    }

    /// <summary>Runs the phase.</summary>
    public void Run()
    {
        _cluster.Trace.Add($"one of {_victims.Count + 1} members {(_onlyDisturbs ? "disturbs" : "lies")}");
        foreach (var victim in _victims) victim.Start();
        for (var ticks = _random.Next(4 * _cluster.Plan.Options.ElectionTicks); ticks > 0; ticks--) Round();
        for (var i = 0; i < 300; i++)
        {
            _cluster.NextStep();
            var leader = _random.Percent(30) ? _victims.Find(victim => victim.Core.Role == RoleKind.Leader) : null;
            Step(leader ?? _victims[_random.Next(_victims.Count)]);
        }
        if (_onlyDisturbs) ServesAgain();
    }

    private void Step(Victim victim)
    {
        switch (_random.Next(20))
        {
            case < 6: Deliver(); break;
            case < 10: victim.Tick(); break;
            case < 13: victim.CompleteWrites(_random.Next(1, 4)); break;
            case < 14 when victim.Core.Role == RoleKind.Leader: victim.Do(core => core.Propose([new byte[2]])); break;
            case < 15 when victim.Core.Role == RoleKind.Leader: victim.Do(core => core.ReadIndex([_cluster.StepNumber])); break;
            case < 16 when _random.Percent(10): victim.Start(); break;
            case < 16: victim.Do(core => core.Campaign()); break;
            default: Lie(_listener ?? victim); break;
        }
    }

    private void Lie(Victim victim)
    {
        var (role, term) = (victim.Core.Role, victim.Core.Term);
        var envelope = _liar.Lie(new Listener(victim.Id, term, victim.Core.Last, victim.Core.Commit));
        _cluster.Trace.Add($"{victim.Id} ← liar {envelope.From} term {envelope.Term} {Node.Show(envelope.Message)}");
        var effects = victim.Do(core => core.Step(envelope));
        var marks = _cluster.Marks;
        marks.Hit(effects.Refused is null ? Mark.LieBelieved : Mark.LieRefused);
        if (effects.Refused is null) return;
        _cluster.Trace.Add($"{victim.Id} refuses: {effects.Refused.Reason}");
        marks.HitIf(role == RoleKind.Leader, Mark.LeaderRefused);
        marks.HitIf(role == RoleKind.Follower, Mark.FollowerRefused);
        marks.HitIf(victim.Core.Term > term, Mark.TermStepped);
        Judge.Holds(Rule.RefusedIsIgnored, effects.SendNow.IsEmpty, $"{victim.Id} answers what it refuses");
    }

    private void Deliver()
    {
        if (_underWay.Count == 0) return;
        var next = _random.Percent(80) ? 0 : _random.Next(_underWay.Count);
        var envelope = _underWay[next];
        if (_random.Percent(95)) _underWay.RemoveAt(next);
        Deliver(envelope);
    }

    private void Deliver(RaftEnvelope envelope)
    {
        if (_victims.Find(victim => victim.Id == envelope.To) is { } victim)
            victim.Do(core => core.Step(envelope));
    }

    /// <summary>The liar is silent: a new command must be applied by all the others.</summary>
    private void ServesAgain()
    {
        var command = Encoding.UTF8.GetBytes("afterwards");
        var proposedIn = -1L;
        var terms = _victims.ConvertAll(victim => victim.Core.Term);
        var apart = (terms.Max() - terms.Min()) / RaftLimits.TermsPerTick(_cluster.Plan.Options);
        for (var ticks = 0; ticks < apart + (40 * _cluster.Plan.Options.ElectionTicks); ticks++)
        {
            Round();
            if (_victims.TrueForAll(victim => victim.Commands.Contains(Convert.ToHexString(command))))
            {
                _cluster.Marks.Hit(Mark.ServedAfterHostility);
                return;
            }
            var leader = _victims.Where(victim => victim.Core.Role == RoleKind.Leader).MaxBy(victim => victim.Core.Term);
            if (leader is null || leader.Core.Term == proposedIn) continue;
            proposedIn = leader.Core.Term;
            leader.Do(core => core.Propose([command]));
        }
        var state = _victims.Select(v => $"{v.Id} {v.Core.Role} in {v.Core.Term} last {v.Core.Last} commit {v.Core.Commit}");
        Judge.Holds(Rule.Serves, false, $"nothing is applied after a disturbance: {string.Join("; ", state)}");
    }

    private void Round()
    {
        _cluster.NextStep();
        foreach (var victim in _victims) victim.Tick();
        for (var timeout = 10_000; ; timeout--)
        {
            foreach (var victim in _victims) victim.CompleteWrites(int.MaxValue);
            if (_underWay.Count == 0) return;
            Judge.Holds(Rule.MessagesEnd, timeout > 0, $"messages never end");
            var envelope = _underWay[0];
            _underWay.RemoveAt(0);
            Deliver(envelope);
        }
    }
}
