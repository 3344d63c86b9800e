using TinyKv.Actors.Regions;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// Gives stores replicas and takes them away, as operators do, through whichever store happens to run. When the faults end,
/// every store is given a replica of every region again.
/// </summary>
internal sealed class MemberChanges(World world)
{
    private const ulong FirstPeer = 1_000_000; // far from what placement hands out

    // Requests that a store had taken may be under way for so long.
    private static readonly TimeSpan Settled = LeaderSearch.Total + TimeSpan.FromSeconds(3);

    private readonly Random _random = world.NewRandom();
    private readonly HashSet<(RegionId, StoreId)> _missing = [];
    private ulong _peers;
    private long? _endedAt;

    private NodeCluster Cluster => world.Cluster;

    /// <summary>What is not done yet; null when every store has a replica that votes, of every region, as far as this
    /// knows.</summary>
    public string? Left => _missing.Count == 0 ? null : "a replica was not given back to a store";

    /// <summary>Begins, if the plan has such changes.</summary>
    public void Start()
    {
        if (Cluster.Plan.ChangesMembers) ChangeLater();
    }

    /// <summary>From now on everything is put back.</summary>
    public void End()
    {
        if (!Cluster.Plan.ChangesMembers) return;
        _endedAt = world.Now;
        foreach (var region in Cluster.Regions) GiveToAll(region);
        // What was asked for before may be done only now.
        Cluster.SplitOff += GiveToAll;
    }

    private void GiveToAll(Region region)
    {
        foreach (var machine in Cluster.Machines)
        {
            _missing.Add((region.Id, machine.Store));
            Pursue(region.Id, new MemberGoal.Voter(machine.Store, PeerId.None), attempts: int.MaxValue);
        }
    }

    private void ChangeLater() => world.After(Cluster.Plan.FaultInterval * (1 + 2 * _random.NextDouble()), () =>
    {
        if (_endedAt is not null) return;
        Pursue(Cluster.Regions[_random.Next(Cluster.Regions.Length)].Id, Draw(), attempts: _random.Next(1, 40));
        ChangeLater();
    });

    private MemberGoal Draw()
    {
        var store = Cluster.Machines[_random.Next(Cluster.Machines.Length)].Store;
        return _random.Percent(50) ? new MemberGoal.None(store) : new MemberGoal.Voter(store, PeerId.None);
    }

    private void Pursue(RegionId region, MemberGoal goal, int attempts)
    {
        if (Cluster.AnyRunning(_random) is not { } process)
        {
            Again(region, goal, attempts);
            return;
        }
        var isAnswered = false;
        process.Tasks.Start(async () =>
        {
            string? left;
            try
            {
                left = (await StepAsync(process.Actors.Regions, region, goal)).UnderWay;
            }
            catch (RegionRefusedException refused)
            {
                left = refused.Message;
            }
            isAnswered = true;
            Answered(region, goal, attempts, left);
        });
        // It may have died with the question.
        world.After(Settled, () =>
        {
            if (!isAnswered) Again(region, goal, attempts);
        });
    }

    private async Task<MemberStep> StepAsync(IRegionAdmin regions, RegionId region, MemberGoal goal)
    {
        var step = await regions.ChangeMembersAsync(region, goal, ifConfVer: 0, CancellationToken.None);
        if (!step.NeedsNumber) return step;
        goal = new MemberGoal.Voter(goal.Store, new PeerId(FirstPeer + ++_peers));
        return await regions.ChangeMembersAsync(region, goal, step.ConfVer, CancellationToken.None);
    }

    private void Answered(RegionId region, MemberGoal goal, int attempts, string? left)
    {
        world.Trace.Add($"{world.Clock} {region} {goal}: {left ?? "done"}");
        var isReached = left is null && (_endedAt is not { } ended || world.Now > ended + Settled.Ticks);
        if (!isReached) Again(region, goal, attempts);
        else if (_endedAt is not null && goal is MemberGoal.Voter) _missing.Remove((region, goal.Store));
    }

    private void Again(RegionId region, MemberGoal goal, int attempts)
    {
        if (attempts <= 1 || (_endedAt is not null && attempts < int.MaxValue / 2)) return;
        var pause = TimeSpan.FromMilliseconds(100 + _random.Next(400));
        world.After(pause, () => Pursue(region, goal, attempts - 1));
    }
}
