using TinyKv.Core.Raft.Membership;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Lets stores join, lose their disks and be replaced by new ones, and removes others, which run or are away, as operators do:
/// one thing after the other, each to its end, also when the faults have ended.
/// </summary>
internal sealed class StoreChanges(World world)
{
    private const int MostStores = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    // Not the world's: where stores stay nothing is drawn.
    private readonly Random _random = new(world.Seed);
    private readonly HashSet<Machine> _removed = [];
    private string? _underWay;
    private int _joining;
    private bool _ended;

    private NodeCluster Cluster => world.Cluster;

    /// <summary>What is not done yet; null when all is that was begun, and regions are where they are meant to be.</summary>
    public string? Left
    {
        get
        {
            if (!Cluster.Plan.StoresComeAndGo || _underWay is not null) return _underWay;
            if (_joining > 0) return "a store has not joined";
            var running = _removed.FirstOrDefault(machine => Cluster.Machines.Contains(machine));
            return running is null ? Cluster.Misplaced() : $"{running.Name} was removed, and has not ended";
        }
    }

    /// <summary>Begins, if the plan has such changes.</summary>
    public void Start()
    {
        if (Cluster.Plan.StoresComeAndGo) ChangeLater(4, 10);
    }

    /// <summary>Nothing more is begun.</summary>
    public void End() => _ended = true;

    private void ChangeLater(double from, double to) => world.After(Seconds(from, to), () =>
    {
        if (_ended) return;
        Change();
        if (_underWay is null) ChangeLater(1, 2);
        else world.Trace.Add($"{world.Clock} {_underWay}");
    });

    private void Begin(string what)
    {
        _underWay = what;
        HelpLater();

        // What is left may need more stores than there are.
        void HelpLater() => world.After(Patience, () =>
        {
            if (_underWay != what) return;
            Join(() => { });
            HelpLater();
        });
    }

    private void Done()
    {
        world.Trace.Add($"{world.Clock} {_underWay}: done");
        _underWay = null;
        ChangeLater(1, 5);
    }

    private void Change()
    {
        var machine = Cluster.Machines[_random.Next(Cluster.Machines.Length)];
        switch (_random.Next(10))
        {
            case < 4 when IsSpare(machine): Replace(machine); break;
            case < 7 when Cluster.Machines.Length > 1: Remove(machine); break;
            default:
                if (Cluster.Machines.Length >= MostStores) return;
                Begin("a store joins");
                Join(Done);
                break;
        }
    }

    private void Join(Action joined)
    {
        _joining++;
        new Joining(world, Cluster.NewMachine(_random), _random, () =>
        {
            _joining--;
            joined();
        }).Begin();
    }

    // Its disk is gone: somebody may start it on an empty one first, then another takes its place.
    private void Replace(Machine machine)
    {
        Begin($"{machine.Name} is replaced");
        world.Marks.Hit(NodeMark.StoreWiped);
        machine.Crash(keepsPower: _random.Percent(50));
        machine.IsAway = true;
        Cluster.Left(machine);
        if (machine.IsInitial && _random.Percent(50)) StartOnEmptyDisk(machine);
        var left = 2;
        Join(Half);
        new StoreRemover(world, machine, _random, Ended, isGone: true).Begin();

        void Ended(bool _) => Half();

        void Half()
        {
            if (--left > 0) return;
            world.Marks.Hit(NodeMark.StoreReplaced);
            Done();
        }
    }

    private void StartOnEmptyDisk(Machine machine)
    {
        machine.StartOn(null);
        var impostor = machine.Process;
        world.After(Seconds(1, 8), () =>
        {
            if (machine.Process == impostor) machine.Crash(keepsPower: true);
        });
    }

    // Some are away meanwhile, and come back when all is over, or when nobody else could have what they hold.
    private void Remove(Machine machine)
    {
        Begin($"{machine.Name} is removed");
        if (_random.Percent(50) && IsSpare(machine))
        {
            machine.IsAway = true;
            machine.Crash(keepsPower: _random.Percent(50));
        }
        new StoreRemover(world, machine, _random, isRemoved =>
        {
            if (isRemoved)
            {
                _removed.Add(machine);
                world.Marks.HitIf(machine.IsAway, NodeMark.StoreRemovedWhileAway);
            }
            world.After(Seconds(0, 3), () => Return(machine));
            if (isRemoved) world.After(Seconds(5, 9), () => Return(machine));
            Done();
        }, isGone: false).Begin();
    }

    private static void Return(Machine machine)
    {
        machine.IsAway = false;
        if (machine.Process is null) machine.Start();
    }

    // What it holds others hold, too, enough of them to go on: whatever is changed at the moment.
    private bool IsSpare(Machine machine)
    {
        if (Cluster.Machines.Any(each => each.IsAway || each.IsImpostor)) return false;
        if (Cluster.Machines.Any(each => each.Own.Record is not { IsFormed: true })) return false;
        return Cluster.Regions.Select(region => Cluster.Rules.MembersOf(region.Id)).All(region =>
            region.Peers.All(peer => Cluster.Machines.Any(each => each.Store == peer.Store))
            && region.Peers.Count(peer => peer.Role == MemberRole.Voter) >= 3);
    }

    private TimeSpan Seconds(double from, double to) => TimeSpan.FromSeconds(from + (to - from) * _random.NextDouble());
}
