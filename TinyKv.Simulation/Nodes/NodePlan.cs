using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>Everything that a seed decides before the first step. Limits are drawn as freely as faults.</summary>
internal sealed record NodePlan
{
    /// <summary>How long faults last.</summary>
    public static readonly TimeSpan ChaosEnds = TimeSpan.FromSeconds(36);

    /// <summary>When the last connection dies: stores take their time to notice.</summary>
    public static readonly TimeSpan LastDeadLink = TimeSpan.FromSeconds(30);

    /// <summary>When everything must work again.</summary>
    public static readonly TimeSpan CalmBegins = TimeSpan.FromSeconds(50);

    /// <summary>The end.</summary>
    public static readonly TimeSpan End = TimeSpan.FromSeconds(60);

    /// <summary>How many stores there are.</summary>
    public required int Stores { get; init; }

    /// <summary>How many regions share the keys.</summary>
    public required int Regions { get; init; }

    /// <summary>Raft's numbers.</summary>
    public required RaftOptions Raft { get; init; }

    /// <summary>The time of one tick.</summary>
    public required TimeSpan TickInterval { get; init; }

    /// <summary>The most requests that wait in a replica.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>The most by which the pace of a clock is off, as a fraction.</summary>
    public required double MaxDrift { get; init; }

    /// <summary>The most by which wall clocks differ and jump.</summary>
    public required TimeSpan MaxWallOffset { get; init; }

    /// <summary>How long a write to a journal takes.</summary>
    public required (TimeSpan Shortest, TimeSpan Longest) DiskLatency { get; init; }

    /// <summary>The most that a state machine is late.</summary>
    public required TimeSpan ApplyDelay { get; init; }

    /// <summary>How messages travel.</summary>
    public required LinkPlan Links { get; init; }

    /// <summary>Which faults there are, by weight; absent ones have none.</summary>
    public required IReadOnlyList<(Fault Fault, int Weight)> Faults { get; init; }

    /// <summary>The mean time between faults.</summary>
    public required TimeSpan FaultInterval { get; init; }

    /// <summary>How many clients work at a time.</summary>
    public required int Clients { get; init; }

    /// <summary>How many keys they use.</summary>
    public required int Keys { get; init; }

    /// <summary>The mean time between a client's requests.</summary>
    public required TimeSpan ThinkTime { get; init; }

    /// <summary>How long requests gather, at most, that go over a stream together.</summary>
    public required TimeSpan StreamWindow { get; init; }

    /// <summary>Whether operators remove and add replicas.</summary>
    public bool ChangesMembers { get; init; }

    /// <summary>Whether stores join, lose their disks and are removed.</summary>
    public bool StoresComeAndGo { get; init; }

    /// <summary>Whether regions are split.</summary>
    public bool SplitsRegions { get; init; }

    /// <summary>Whether regions are elsewhere in the end than they began.</summary>
    public bool MovesReplicas => ChangesMembers || StoresComeAndGo;

    /// <summary>How long a client waits for an answer.</summary>
    public required TimeSpan GatewayTimeout { get; init; }

    /// <summary>Whether a fault may strike.</summary>
    public bool Has(Fault fault) => Faults.Any(each => each.Fault == fault && each.Weight > 0);

    /// <summary>Draws a plan.</summary>
    public static NodePlan Draw(Random random)
    {
        var raft = DrawRaft(random);
        raft.Validate();
        // A voter waits ElectionTicks less the one that had begun; a lease holds LeaseTicks; both by their own clocks.
        var slack = (raft.ElectionTicks - 1.0) / raft.LeaseTicks;
        // Entries that go one by one over a slow disk would take longer to catch up with than the calm lasts.
        var single = raft is { MaxEntriesPerAppend: 1 } or { MaxBytesPerAppend: <= 64 };
        var oneByOne = raft.MaxInflightBytes == 1
            || (single && raft is { MaxInflightAppends: 1 } or { MaxInflightBytes: <= 200 });
        var tick = TimeSpan.FromMilliseconds(random.Pick(50, 100, 100, 200));
        return new NodePlan
        {
            Stores = random.Pick(1, 2, 3, 3, 3, 3, 3, 4, 5, 5),
            Regions = random.Pick(1, 1, 2, 3, 4),
            Raft = raft,
            TickInterval = tick,
            MaxQueuedRequests = random.Pick(1, 2, 16, 4096, 4096),
            MaxDrift = raft.LeaseReads ? Math.Min(0.1, (slack - 1) / (slack + 1)) : random.Pick(0, 0.01, 0.2),
            MaxWallOffset = TimeSpan.FromMilliseconds(random.Pick(0, 200, 5_000, 100_000)),
            DiskLatency = DrawDiskLatency(random, oneByOne ? 60 : 300),
            ApplyDelay = TimeSpan.FromMilliseconds(random.Pick(0, 0, 2, 20, 100)),
            Links = LinkPlan.Draw(random),
            Faults = DrawFaults(random, raft.LeaseReads),
            // Where faults are much more frequent than elections nobody ever leads, and nothing is tried.
            FaultInterval = tick * raft.ElectionTicks * random.Pick(0.5, 1, 2, 5),
            Clients = random.Pick(2, 3, 4, 6, 10),
            Keys = random.Pick(1, 2, 4, 8),
            ThinkTime = TimeSpan.FromMilliseconds(random.Pick(20, 100, 300)),
            StreamWindow = TimeSpan.FromMilliseconds(random.Pick(0.0, 3, 30, 100)),
            GatewayTimeout = TimeSpan.FromMilliseconds(random.Pick(500, 1_500, 4_000, 20_000)),
        };
    }

    /// <summary>
    /// The same plan with logs that are compacted, in every third seed; in most of these, who comes back too late is given a
    /// snapshot. There nobody loses the end of a log: who has, and was acknowledged, is no member like others any more.
    /// </summary>
    public NodePlan WithCompaction(int seed)
    {
        if (seed % 3 != 0) return this;
        var random = new Random(seed);
        var compacted = Compacted(random);
        var changesMembers = random.Percent(50) && compacted.Raft.ProvidesSnapshots && Stores > 1;
        return compacted with { ChangesMembers = changesMembers };
    }

    /// <summary>The same plan with stores that come and go, in every sixth seed; these need snapshots.</summary>
    public NodePlan WithStoresThatComeAndGo(int seed)
    {
        if (seed % 6 != 4) return this;
        var random = new Random(seed);
        var compacted = Compacted(random);
        return compacted with
        {
            Raft = compacted.Raft with { ProvidesSnapshots = true },
            StoresComeAndGo = true,
            // With fewer none can be missed before others have joined.
            Stores = random.Percent(75) ? Math.Max(3, Stores) : Stores,
        };
    }

    /// <summary>The same plan with regions that are split, in every fifth seed.</summary>
    public NodePlan WithSplits(int seed) => this with { SplitsRegions = seed % 5 == 2 };

    private NodePlan Compacted(Random random) => this with
    {
        Raft = Raft with
        {
            MaxLogEntries = random.Pick(1, 2, 8, 50, 500),
            MaxLogBytes = random.Pick(1, 100, 1000, 16 * 1024 * 1024),
            ProvidesSnapshots = random.Percent(70),
        },
        Faults = [.. Faults.Where(fault => fault.Fault != Fault.LoseTail)],
    };

    private static RaftOptions DrawRaft(Random random)
    {
        var election = random.Pick(5, 8, 10, 12);
        return new RaftOptions
        {
            ElectionTicks = election,
            HeartbeatTicks = random.Pick(1, 2, 3),
            MaxEntriesPerAppend = random.Pick(1, 2, 8, 1024, 1024),
            MaxBytesPerAppend = random.Pick(1, 64, 1024 * 1024),
            MaxInflightAppends = random.Pick(1, 2, 16, 256),
            MaxInflightBytes = random.Pick(1, 200, 8 * 1024 * 1024),
            MaxPendingBytes = random.Pick(100, 1000, 32 * 1024 * 1024),
            LeaseReads = random.Percent(40),
            LeaseTicks = random.Next(2, election - 1),
        };
    }

    // Half of the faults are absent from a plan: what one of them leads to is lost among too many others (swarm testing,
    // Groce et al., 2012). What leases have to fear most is a leader that stands still, and rounds one that hears late.
    private static List<(Fault, int)> DrawFaults(Random random, bool leases)
    {
        var worst = leases ? Fault.PauseLeader : Fault.CongestLeader;
        return [.. Enum.GetValues<Fault>().Select(fault => (fault, random.Pick(0, 0, 0, 1, 3, 10)
            + (fault == worst ? 20 : 0)))];
    }

    private static (TimeSpan, TimeSpan) DrawDiskLatency(Random random, double longest)
    {
        var (from, to) = random.Pick((0.1, 2.0), (0.2, 10.0), (1.0, 60.0), (0.1, 300.0));
        return (TimeSpan.FromMilliseconds(from), TimeSpan.FromMilliseconds(Math.Min(to, longest)));
    }
}

/// <summary>How messages travel between stores, and between clients and stores.</summary>
internal sealed record LinkPlan
{
    /// <summary>How long most messages travel.</summary>
    public required (TimeSpan Shortest, TimeSpan Longest) Latency { get; init; }

    /// <summary>Percent of messages that take a hundred times as long.</summary>
    public required int Late { get; init; }

    /// <summary>Percent of messages that are lost.</summary>
    public required int Lose { get; init; }

    /// <summary>Percent of messages that arrive twice.</summary>
    public required int Duplicate { get; init; }

    /// <summary>Whether no message overtakes another on the same way, as over one connection.</summary>
    public required bool KeepsOrder { get; init; }

    /// <summary>Whether a link that is cut loses what is sent over it, or delivers it when it is mended.</summary>
    public required bool CutsLose { get; init; }

    /// <summary>Draws a plan.</summary>
    public static LinkPlan Draw(Random random)
    {
        var longest = random.Pick(0.5, 2, 20);
        return new LinkPlan
        {
            Latency = (TimeSpan.FromMilliseconds(0.1), TimeSpan.FromMilliseconds(longest)),
            Late = random.Pick(0, 0, 1, 5),
            Lose = random.Pick(0, 0, 1, 10),
            Duplicate = random.Pick(0, 1, 10),
            KeepsOrder = random.Percent(50),
            CutsLose = random.Percent(60),
        };
    }
}

/// <summary>What can go wrong.</summary>
internal enum Fault
{
    Kill, KillLeader, LosePower, LosePowerWhileWriting, CrashAll, Pause, PauseLeader, MigrateLeader, JumpClock, Flush,
    StallDisk, FailWrite, FailWriteButKeep, RejectWrite, FailRead, FailSync, FailEngine,
    CutLink, IsolateNode, IsolateLeader, Partition, CongestLeader, KillLink, BreakLinks, Mend, Stray,
    EmptyDisk, OldCopy, LoseTail, LoseJournal,
}
