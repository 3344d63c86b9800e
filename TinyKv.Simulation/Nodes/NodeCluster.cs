using System.Collections.Immutable;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>The stores of one seed, what lies between them, and who judges them.</summary>
internal sealed class NodeCluster
{
    /// <summary>The cluster's number.</summary>
    public const ulong ClusterId = 77;

    /// <summary>How many replicas placement gives a region.</summary>
    public const int Replicas = 3;

    private readonly World _world;
    private readonly List<Machine> _all = []; // that there ever were

    public NodeCluster(World world)
    {
        _world = world;
        world.Cluster = this;
        var random = world.NewRandom();
        Plan = NodePlan.Draw(random).WithCompaction(world.Seed).WithStoresThatComeAndGo(world.Seed).WithSplits(world.Seed);
        world.Trace.Add($"{Plan with { Faults = [] }} {string.Join(' ', Plan.Faults)}");
        Initial = Regions = RegionDraw.Draw(random, Plan.Stores, Plan.Regions);
        foreach (var region in Regions) world.Trace.Add($"{region.Id} {region.Range} {string.Join(' ', region.Peers)}");
        Map = Regions.Where(region => region.Id != RegionId.Placement).Aggregate(
            RegionMap<LocatedRegion>.Empty, (map, region) => map.Add(new LocatedRegion(region, null)));
        world.Marks.HitIf(Plan.Regions > 1, NodeMark.ManyRegions);
        Network = new SimNetwork(world, Plan.Links);
        Splits = new SplitRules(world, Initial);
        Rules = new NodeRules(world);
        Machines = [.. Enumerable.Range(1, Plan.Stores).Select(store =>
            NewMachine($"s{store}", SettingsOf(new StoreId((ulong)store)), random))];
    }

    /// <summary>What the seed decided.</summary>
    public NodePlan Plan { get; }

    /// <summary>The groups that the cluster begins with, each with a replica on every store that there is then.</summary>
    public ImmutableArray<Region> Initial { get; }

    /// <summary>All groups, as they began.</summary>
    public ImmutableArray<Region> Regions { get; private set; }

    /// <summary>Those with keys, with the keys that they have left.</summary>
    public RegionMap<LocatedRegion> Map { get; private set; }

    /// <summary>A new region was split off.</summary>
    public event Action<Region>? SplitOff;

    /// <summary>A region was split, for the first time on any store.</summary>
    public void Split(RegionSplit split)
    {
        Regions = Regions.Add(split.Child);
        SplitOff?.Invoke(split.Child);
        Map = Map.Add(new LocatedRegion(split.Parent, null)).Add(new LocatedRegion(split.Child, null));
    }

    /// <summary>The replica of a region on a machine, or the one that it began with; none on one that joined.</summary>
    public Peer PeerOn(Machine machine, RegionId region) => machine.Disk.Engine.Catalog.Find(region)?.Region.PeerOn(machine.Store)
        ?? Regions.Single(each => each.Id == region).PeerOn(machine.Store) ?? new Peer(PeerId.None, machine.Store);

    /// <summary>Where the stores of the cluster run, ascending.</summary>
    public ImmutableArray<Machine> Machines { get; private set; }

    /// <summary>Where stores were whose disks are gone, or that have ended because they were removed. What their disks held
    /// when it was counted was there.</summary>
    public ImmutableArray<Machine> Departed { get; private set; } = [];

    /// <summary>A machine with an empty disk, whose store has no number before it joins.</summary>
    public Machine NewMachine(Random random)
    {
        var host = $"j{_all.Count + 1}";
        var join = new JoinSettings([], new StoreAddresses(host, 1, 2, 3, 4));
        return NewMachine(host, SettingsOf(StoreId.None) with { Stores = [], Join = join }, random);
    }

    /// <summary>A store has joined.</summary>
    public void Joined(Machine machine) => Machines = Machines.Add(machine);

    /// <summary>A store is not there any more, and nobody starts it.</summary>
    public void Left(Machine machine)
    {
        Machines = Machines.Remove(machine);
        if (!Departed.Contains(machine)) Departed = Departed.Add(machine);
    }

    /// <summary>Between the stores.</summary>
    public SimNetwork Network { get; }

    /// <summary>What must hold whenever a disk is written or a message leaves.</summary>
    public NodeRules Rules { get; }

    /// <summary>What must hold whenever a region is split.</summary>
    public SplitRules Splits { get; }

    /// <summary>What clients saw.</summary>
    public History History { get; } = new();

    /// <summary>What placement handed out.</summary>
    public Grants Grants { get; } = new();

    /// <summary>Where a store runs, or did; null for one that has registered without running anywhere.</summary>
    public Machine? FindMachineOf(StoreId store) => _all.Find(machine => machine.Store == store);

    /// <summary>The machine with a name in the network.</summary>
    public Machine? FindMachineAt(string host) => _all.Find(machine => machine.Host == host);

    /// <summary>Some store that runs; null when none does.</summary>
    public Process? AnyRunning(Random random)
    {
        var running = Machines.Where(machine => machine.Process is { IsPaused: false }).ToList();
        return running.Count == 0 ? null : running[random.Next(running.Count)].Process;
    }

    /// <summary>Who is hostile; null while nobody is.</summary>
    public NodeHostility? Hostility { get; set; }

    /// <summary>Whether somebody has claimed what only honest stores may claim.</summary>
    public bool IsLiedTo => Hostility is { Lies: true };

    /// <summary>A machine whose replica of a region leads it, as it believes itself.</summary>
    public Machine? LeaderOf(RegionId region) => Machines.Where(machine => Leads(machine, region))
        .MaxBy(machine => machine.Process!.Actors.Table.Find(region)!.Peer!.Change.Term);

    /// <summary>The regions with keys whose replica on a machine leads them, as it believes itself.</summary>
    public IReadOnlyList<RegionId> LedBy(Machine machine) =>
        [.. Map.Entries.Select(entry => entry.Region.Id).Where(region => machine == LeaderOf(region))];

    /// <summary>Whether engines fail now and then.</summary>
    public bool MayFailEngines => new TimeSpan(_world.Now) < NodePlan.ChaosEnds && Plan.Has(Fault.FailEngine);

    /// <summary>Whether all stores that are to hold a region have applied equally much of it, and no others hold it.</summary>
    public bool HasCaughtUp => Regions.Select(region => region.Id).All(region => Machines.Except(HoldersOf(region)).All(
        machine => machine.Disk.Engine.Catalog.Find(region) is not { State: not RegionState.Tombstone })
        && HoldersOf(region).Select(machine => machine.Disk.Engine.Applied(region)).Distinct().Count() == 1);

    // Where regions go by what placement thinks is for it to say.
    private IEnumerable<Machine> HoldersOf(RegionId region) => !Plan.StoresComeAndGo ? Machines
        : Machines.Where(machine => Rules.MembersOf(region).PeerOn(machine.Store) is not null);

    /// <summary>Which region is not where it is meant to be; null: all are on as many stores as can be, none of which was
    /// removed or is to be.</summary>
    public string? Misplaced()
    {
        var staying = Machines.Where(machine => !Grants.IsLeaving(machine.Store)).Select(machine => machine.Store).ToHashSet();
        foreach (var region in Regions.Select(region => Rules.MembersOf(region.Id)))
        {
            var kept = region.Peers.Count(peer => peer.Role == MemberRole.Voter && staying.Contains(peer.Store));
            if (kept < Math.Min(Replicas, staying.Count) || (kept >= Replicas && kept < region.Peers.Length))
                return $"{region.Id} is on {string.Join(' ', region.Peers)}";
        }
        return null;
    }

    /// <summary>At the end of a seed: everybody holds the same, and knows it.</summary>
    public void CheckConverged()
    {
        foreach (var region in Regions.Select(region => region.Id))
        {
            var states = HoldersOf(region).Select(machine => machine.Disk.Engine)
                .Select(engine => (engine.Applied(region), engine.DigestOf(region))).Distinct().ToList();
            if (states.Count > 1) _world.Fail(Rule.Converges, $"{region} differs between stores: {string.Join(", ", states)}");
        }
        foreach (var machine in Machines)
        {
            foreach (var view in machine.Process?.Actors.Table.Views ?? [])
                if (!view.IsReady) _world.Fail(Rule.Converges, $"{machine.Name} is not ready: {view.Region.Id} {view.Peer}");
        }
    }

    private static bool Leads(Machine machine, RegionId region) =>
        machine.Process?.Actors.Table.Find(region)?.Peer?.Change.Role == RoleKind.Leader;

    private Machine NewMachine(string host, TinyKvSettings settings, Random random)
    {
        var pace = 1 + (random.NextDouble() * 2 - 1) * Plan.MaxDrift;
        var machine = new Machine(_world, host, settings, ClusterId, pace, Plan.MaxWallOffset * random.NextDouble());
        _all.Add(machine);
        return machine;
    }

    private TinyKvSettings SettingsOf(StoreId store) => new()
    {
        ClusterName = "simulated",
        Stores = [.. Enumerable.Range(1, Plan.Stores)
            .Select(id => new StoreAddress(new StoreId((ulong)id), $"s{id}", 1, 2, 3, 4))],
        StoreId = store,
        DataDirectory = "",
        BindHost = "",
        StorageMode = StorageMode.Raft,
        Journal = "simulated",
        TickInterval = Plan.TickInterval,
        Raft = Plan.Raft,
        MaxQueuedRequests = Plan.MaxQueuedRequests,
        Gateway = new GatewaySettings(
            MaxRequests: 8192, MaxRequestBytes: 64 << 20, MaxConcurrentScans: 1024, Plan.GatewayTimeout),
        Placement = new PlacementSettings(
            // Elsewhere every store is expected to have its replicas in the end, however long it was away.
            Replicas, TimeSpan.FromSeconds(2),
            new HealthLimits(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(Plan.MovesReplicas ? 10 : 3600))),
        Remoting = new RemotingSettings(1, 1, Plan.GatewayTimeout, Plan.GatewayTimeout, 1),
        // A pair must not be cut.
        Regions = new RegionSettings(SplitBytes: 1L << 40, MaxBytes: 1L << 41),
        Snapshots = new SnapshotSettings(
            MaxConcurrent: 2, BytesPerSecond: 1 << 30, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)),
    };
}
