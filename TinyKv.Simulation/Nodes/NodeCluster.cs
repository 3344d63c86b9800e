using System.Collections.Immutable;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>The stores of one seed, what lies between them, and who judges them.</summary>
internal sealed class NodeCluster
{
    /// <summary>The cluster's number.</summary>
    public const ulong ClusterId = 77;

    private readonly World _world;

    public NodeCluster(World world)
    {
        _world = world;
        world.Cluster = this;
        var random = world.NewRandom();
        Plan = NodePlan.Draw(random).WithCompaction(world.Seed);
        world.Trace.Add($"{Plan with { Faults = [] }} {string.Join(' ', Plan.Faults)}");
        Regions = RegionDraw.Draw(random, Plan.Stores, Plan.Regions);
        foreach (var region in Regions) world.Trace.Add($"{region.Id} {region.Range} {string.Join(' ', region.Peers)}");
        Map = Regions.Where(region => region.Id != RegionId.Placement).Aggregate(
            RegionMap<LocatedRegion>.Empty, (map, region) => map.Add(new LocatedRegion(region, null)));
        world.Marks.HitIf(Plan.Regions > 1, NodeMark.ManyRegions);
        Network = new SimNetwork(world, Plan.Links);
        Rules = new NodeRules(world);
        Machines = [.. Enumerable.Range(1, Plan.Stores).Select(store => NewMachine((ulong)store, random))];
    }

    /// <summary>What the seed decided.</summary>
    public NodePlan Plan { get; }

    /// <summary>The groups as they begin, each with a replica on every store.</summary>
    public ImmutableArray<Region> Regions { get; }

    /// <summary>Those with keys.</summary>
    public RegionMap<LocatedRegion> Map { get; }

    /// <summary>The replica of a region on a machine, or the one that it began with.</summary>
    public Peer PeerOn(Machine machine, RegionId region) => machine.Disk.Engine.Catalog.Find(region)?.Region.PeerOn(machine.Store)
        ?? Regions.Single(each => each.Id == region).PeerOn(machine.Store)!.Value;

    /// <summary>Where the stores run, ascending.</summary>
    public ImmutableArray<Machine> Machines { get; }

    /// <summary>Between the stores.</summary>
    public SimNetwork Network { get; }

    /// <summary>What must hold whenever a disk is written or a message leaves.</summary>
    public NodeRules Rules { get; }

    /// <summary>What clients saw.</summary>
    public History History { get; } = new();

    /// <summary>What placement handed out.</summary>
    public Grants Grants { get; } = new();

    /// <summary>Where a store runs.</summary>
    public Machine MachineOf(StoreId store) => Machines[(int)store.Value - 1];

    /// <summary>The same for a store that may have registered without running anywhere; null for such a one.</summary>
    public Machine? FindMachineOf(StoreId store) => store.Value <= (ulong)Machines.Length ? MachineOf(store) : null;

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

    /// <summary>Whether all stores have applied equally much.</summary>
    public bool HasCaughtUp => Machines.Select(machine => machine.Disk.Engine)
        .Select(engine => string.Join(' ', Regions.Select(region => engine.Applied(region.Id)))).Distinct().Count() == 1;

    /// <summary>At the end of a seed: everybody holds the same, and knows it.</summary>
    public void CheckConverged()
    {
        foreach (var region in Regions.Select(region => region.Id))
        {
            var states = Machines.Select(machine => machine.Disk.Engine)
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

    private Machine NewMachine(ulong store, Random random)
    {
        var settings = new TinyKvSettings
        {
            ClusterName = "simulated",
            Stores = [.. Enumerable.Range(1, Plan.Stores)
                .Select(id => new StoreAddress(new StoreId((ulong)id), $"s{id}", 1, 2, 3, 4))],
            StoreId = new StoreId(store),
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
                Replicas: 3, TimeSpan.FromSeconds(2),
                new HealthLimits(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(Plan.ChangesMembers ? 10 : 3600))),
            Remoting = new RemotingSettings(1, 1, Plan.GatewayTimeout, Plan.GatewayTimeout, 1),
            Snapshots = new SnapshotSettings(
                MaxConcurrent: 2, BytesPerSecond: 1 << 30, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(1)),
        };
        var pace = 1 + (random.NextDouble() * 2 - 1) * Plan.MaxDrift;
        return new Machine(_world, settings, ClusterId, pace, Plan.MaxWallOffset * random.NextDouble());
    }
}
