using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>Lets things go wrong, as the plan wants it, and right again after a while.</summary>
internal sealed class Nemesis(World world)
{
    private readonly Random _random = world.NewRandom();
    private bool _ended;
    private long _quietUntil; // what takes several elections is rarely disturbed

    private NodeCluster Cluster => world.Cluster;

    /// <summary>Begins.</summary>
    public void Start()
    {
        StrikeLater();
        // Whether a connection is ever made anew shows only if one is dead at the end.
        if (Cluster.Plan.Has(Fault.KillLink)) world.After(NodePlan.LastDeadLink, DeadenForwarding);
    }

    /// <summary>All faults end, and whatever they left behind.</summary>
    public void End()
    {
        _ended = true;
        world.Trace.Add($"{world.Clock} faults end");
        Cluster.Network.IsCalm = true;
        Cluster.Network.Mend();
        foreach (var machine in Cluster.Machines)
        {
            machine.Disk.Calm();
            machine.Process?.Resume();
            if (machine.IsImpostor) machine.Crash(keepsPower: true);
            if (machine.Process is null) machine.Start();
        }
    }

    private void StrikeLater() => world.After(Cluster.Plan.FaultInterval * (2 * _random.NextDouble()), () =>
    {
        if (_ended) return;
        if (world.Now >= _quietUntil || _random.Percent(20)) Strike(Draw());
        StrikeLater();
    });

    private void DeadenForwarding()
    {
        if (Cluster.LeaderOf(Cluster.Regions[^1].Id) is { } leader)
            Cluster.Network.Deaden(Cluster.Machines.First(machine => machine != leader || Cluster.Plan.Stores == 1), leader);
    }

    private Fault? Draw()
    {
        var at = _random.Next(Math.Max(1, Cluster.Plan.Faults.Sum(fault => fault.Weight)));
        foreach (var (fault, weight) in Cluster.Plan.Faults)
            if ((at -= weight) < 0) return fault;
        return null;
    }

    private void Strike(Fault? fault)
    {
        if (fault is null) return;
        var any = Cluster.Machines[_random.Next(Cluster.Machines.Length)];
        var leader = Cluster.LeaderOf(Cluster.Regions[_random.Next(Cluster.Regions.Length)].Id);
        world.Trace.Add($"{world.Clock} fault {fault}");
        switch (fault)
        {
            case Fault.Kill: Crash(any, keepsPower: true); break;
            case Fault.KillLeader: Crash(leader, keepsPower: _random.Percent(50)); break;
            case Fault.LosePower: Crash(any, keepsPower: false); break;
            case Fault.LosePowerWhileWriting: CrashWhileWriting(); break;
            case Fault.CrashAll: CrashAll(); break;
            case Fault.Pause: Pause(any, Some(6)); break;
            case Fault.PauseLeader: PauseLeader(leader); break;
            case Fault.CongestLeader: CongestLeader(leader); break;
            case Fault.JumpClock: JumpClock(any); break;
            case Fault.Flush:
                any.Disk.Flush();
                world.Marks.Hit(NodeMark.EngineFlushed);
                break;
            case Fault.StallDisk: any.Disk.Stall(Some(2)); break;
            case Fault.MigrateLeader: MigrateLeader(leader); break;
            case Fault.FailEngine: any.Disk.FailEngine(); break;
            case Fault.FailWrite: FailJournal(any, JournalFault.WriteFails); break;
            case Fault.FailWriteButKeep: FailJournal(any, JournalFault.WriteFailsButIsKept); break;
            case Fault.RejectWrite: FailJournal(any, JournalFault.WriteIsRejected); break;
            case Fault.FailRead: FailJournal(any, JournalFault.ReadFails); break;
            case Fault.FailSync: FailJournal(any, JournalFault.SyncFails); break;
            case Fault.Mend: Cluster.Network.Mend(); break;
            case Fault.KillLink when world.Now < NodePlan.LastDeadLink.Ticks:
                Cluster.Network.Deaden(any, Cluster.Machines[_random.Next(Cluster.Machines.Length)]);
                break;
            case Fault.KillLink: break;
            case Fault.BreakLinks: Cluster.Network.Break(leader ?? any); break;
            case Fault.EmptyDisk: Impersonate(any, empty: true); break;
            case Fault.OldCopy: Impersonate(any, empty: false); break;
            case Fault.Stray: Cluster.Network.SendStrays(any); break;
            case Fault.LoseTail: LoseTail(any, leader); break;
            case Fault.LoseJournal: LoseJournal(any); break;
            default: Cut(fault.Value, any, leader); break;
        }
        RestartLater();
    }

    private void Crash(Machine? machine, bool keepsPower)
    {
        if (machine?.Process is null) return;
        world.Marks.Hit(keepsPower ? NodeMark.Killed : NodeMark.LostPower);
        world.Marks.HitIf(Cluster.LedBy(machine).Count > 0, NodeMark.LeaderCrashed);
        machine.Crash(keepsPower);
    }

    private void CrashWhileWriting()
    {
        var writing = Cluster.Machines.Where(machine => machine.Disk.IsWriting && machine.Process is not null).ToList();
        if (writing.Count == 0) return;
        world.Marks.Hit(NodeMark.CrashedWhileWriting);
        Crash(writing[_random.Next(writing.Count)], keepsPower: false);
    }

    // Only what Raft can see without harm: votes stay, and a majority of the other disks has what is lost, so that
    // nobody is elected who has it not.
    private void LoseTail(Machine machine, Machine? leader)
    {
        var spared = Cluster.Plan.Stores - (Cluster.Plan.Stores / 2 + 1);
        if (leader is null || machine == leader || machine.IsImpostor) return;
        if (Cluster.Machines.Count(other => other.Own.HasGap) >= spared) return;
        Crash(machine, keepsPower: true);
        if (machine.Process is not null) return;
        foreach (var region in Cluster.Regions.Select(region => region.Id))
            if (machine.Disk.LogOf(region) is { } log && machine.Disk.LoseTail(region, FirstSpare(machine, region, log)))
                world.Marks.Hit(NodeMark.TailLost);
    }

    // The store finds out when it starts, whatever the others have.
    private void LoseJournal(Machine machine)
    {
        if (machine.IsImpostor || machine.Own.HasGap) return;
        Crash(machine, keepsPower: true);
        var region = Cluster.Regions[_random.Next(Cluster.Regions.Length)].Id;
        if (machine.Process is null && machine.Disk.LoseJournal(region)) world.Marks.Hit(NodeMark.JournalLost);
    }

    // From here on a majority has the entries on disk without this machine.
    private long FirstSpare(Machine machine, RegionId region, DurableLog log)
    {
        var first = log.Last.Index + 1;
        while (log.TermAt(first - 1) is { } term && Cluster.Machines.Count(other =>
            other != machine && other.Own.LogOf(region)?.TermAt(first - 1) == term) > Cluster.Plan.Stores / 2) first--;
        return first;
    }

    private void CrashAll()
    {
        world.Marks.Hit(NodeMark.AllCrashed);
        var keepsPower = _random.Percent(30);
        foreach (var machine in Cluster.Machines) Crash(machine, keepsPower);
    }

    // A write that takes its time before it fails has others behind it.
    private void FailJournal(Machine machine, JournalFault fault)
    {
        machine.Disk.NextFault = fault;
        if (_random.Percent(50)) machine.Disk.Stall(Some(0.5));
    }

    private void Pause(Machine? machine, TimeSpan duration)
    {
        if (machine?.Process is not { IsPaused: false } process) return;
        world.Marks.Hit(NodeMark.Paused);
        var led = Cluster.LedBy(machine);
        world.Marks.HitIf(led.Count > 0, NodeMark.LeaderPaused);
        world.Trace.Add($"{world.Clock} {machine.Name} stands still");
        process.Pause();
        world.After(duration, () =>
        {
            if (!process.IsPaused) return;
            world.Marks.HitIf(led.Except(Cluster.LedBy(machine)).Any(), NodeMark.LeaderReplacedInPause);
            world.Trace.Add($"{world.Clock} {machine.Name} continues");
            process.Resume();
        });
    }

    // Long enough that another is elected, and sometimes cut off, so that it does not hear of that when it continues.
    private void PauseLeader(Machine? leader)
    {
        if (leader is null) return;
        var duration = Cluster.Plan.TickInterval * Cluster.Plan.Raft.ElectionTicks * (2 + 3 * _random.NextDouble());
        _quietUntil = Math.Max(_quietUntil, world.Now + duration.Ticks);
        if (_random.Percent(50))
        {
            Isolate(leader, NodeMark.LeaderIsolated);
            world.After(duration + TimeSpan.FromMilliseconds(500), Cluster.Network.Mend);
        }
        Pause(leader, duration);
    }

    // It keeps hearing what others said before they stopped hearing it, and have elected another.
    private void CongestLeader(Machine? leader)
    {
        if (leader is null || world.Now < _quietUntil) return;
        world.Marks.Hit(NodeMark.LeaderCongested);
        var election = Cluster.Plan.TickInterval * Cluster.Plan.Raft.ElectionTicks;
        var (heard, cut) = (election * (1.5 + 1.5 * _random.NextDouble()), election * (3 + 3 * _random.NextDouble()));
        _quietUntil = world.Now + (heard + cut).Ticks;
        Cluster.Network.Congest(leader, 1 + _random.NextDouble());
        world.After(heard, () =>
        {
            if (_ended) return;
            foreach (var other in Cluster.Machines) Cluster.Network.Cut(leader, other);
            world.After(cut, Cluster.Network.Mend);
        });
    }

    // As when somebody mounts the wrong disk, or puts back a backup. What nobody can know is left out: a copy that has all
    // starts that the others have heard of, a cluster that is not formed yet or has one store, and all the empty disks of the
    // initial stores, which are a new cluster.
    private void Impersonate(Machine machine, bool empty)
    {
        var others = Cluster.Machines.Where(other => other != machine).Select(other => other.Own.Record).ToList();
        if (Cluster.Machines.Any(each => each.IsImpostor) || others.Count == 0) return;
        // One that has joined begins on an empty disk as another store.
        if (machine.IsAway || (empty && (!machine.IsInitial || Cluster.Plan.Stores == 1))) return;
        if (others.Exists(record => record is not { IsFormed: true })) return;
        var copy = empty ? null : machine.Backup;
        if (!empty
            && (copy?.Record is not { IsFormed: true, Lost: "" } old || others.Exists(record => IsIn(old, record!)))) return;
        machine.Crash(keepsPower: _random.Percent(50));
        world.Marks.Hit(empty ? NodeMark.StartedOnEmptyDisk : NodeMark.StartedOnOldCopy);
        machine.StartOn(copy);
        var impostor = machine.Process;
        if (_random.Percent(50))
        {
            // What it says arrives, and it does not hear that nobody wants to know.
            foreach (var other in Cluster.Machines) Cluster.Network.Cut(other, machine);
            world.After(Cluster.Plan.TickInterval * Cluster.Plan.Raft.ElectionTicks * 4, Cluster.Network.Mend);
        }
        world.After(Some(8), () =>
        {
            if (machine.Process != impostor) return;
            machine.Crash(keepsPower: true);
            RestartLater();
        });

        bool IsIn(StoreRecord copied, StoreRecord other)
        {
            var heard = other.Stores.GetValueOrDefault(machine.Store.Value)?.Incarnation ?? 0;
            return heard == 0 || copied.Incarnation == heard || copied.Earlier.Contains(heard);
        }
    }

    private void JumpClock(Machine machine)
    {
        world.Marks.Hit(NodeMark.WallClockJumped);
        machine.Clock.Jump(Cluster.Plan.MaxWallOffset * (_random.NextDouble() * 2 - 1));
    }

    // As when its machine is moved to another host that shares the disks: they stand still, its clock jumps, and often
    // it does not survive.
    private void MigrateLeader(Machine? leader)
    {
        if (leader is null) return;
        world.Marks.Hit(NodeMark.LeaderMigrated);
        var duration = TimeSpan.FromSeconds(_random.NextDouble());
        foreach (var machine in Cluster.Machines) machine.Disk.Stall(duration);
        JumpClock(leader);
        if (!_random.Percent(70)) return;
        world.After(duration * _random.NextDouble(), () =>
        {
            if (_ended) return;
            Crash(leader, keepsPower: true);
            RestartLater();
        });
    }

    private void Cut(Fault fault, Machine any, Machine? leader)
    {
        switch (fault)
        {
            case Fault.CutLink:
                Cluster.Network.Cut(any, Cluster.Machines[_random.Next(Cluster.Machines.Length)]);
                break;
            case Fault.IsolateNode:
                Isolate(any, NodeMark.NodeIsolated);
                break;
            case Fault.IsolateLeader:
                if (leader is not null) Isolate(leader, NodeMark.LeaderIsolated);
                break;
            default:
                world.Marks.Hit(NodeMark.Partitioned);
                var first = Cluster.Machines.Where(_ => _random.Percent(50)).ToList();
                foreach (var machine in first)
                    foreach (var other in Cluster.Machines.Except(first)) CutBoth(machine, other);
                break;
        }
        world.After(Some(8), Cluster.Network.Mend);
    }

    private void Isolate(Machine machine, NodeMark mark)
    {
        world.Marks.Hit(mark);
        var direction = _random.Next(4);
        foreach (var other in Cluster.Machines)
        {
            if (direction != 0) Cluster.Network.Cut(machine, other);
            if (direction != 1) Cluster.Network.Cut(other, machine);
        }
    }

    private void CutBoth(Machine one, Machine other)
    {
        Cluster.Network.Cut(one, other);
        Cluster.Network.Cut(other, one);
    }

    private void RestartLater()
    {
        foreach (var machine in Cluster.Machines)
        {
            if (machine.Process is not null) continue;
            world.After(Some(4), () =>
            {
                if (machine.Process is null) machine.Start();
            });
        }
    }

    private TimeSpan Some(double seconds) => TimeSpan.FromSeconds(Math.Pow(_random.NextDouble(), 2) * seconds);
}
