using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Everything that a seed decides before the first step. Limits are drawn as freely as faults: many bugs show
/// only with one entry per append or one append in flight, and never with the numbers of production.
/// </summary>
internal sealed record Plan
{
    /// <summary>The first members, ascending; their numbers mean nothing.</summary>
    public required ImmutableArray<PeerId> Voters { get; init; }

    /// <summary>What every member begins with.</summary>
    public InitialState Initial => new(
        new Configuration(Voters.Select((voter, i) => new Peer(voter, new StoreId((ulong)i + 1)))), Truncated);

    /// <summary>The numbers that every member runs by.</summary>
    public required RaftOptions Options { get; init; }

    /// <summary>Where the logs begin: zero, or what the child of a split starts from.</summary>
    public required LogPosition Truncated { get; init; }

    /// <summary>
    /// The most ticks by which two members' clocks may differ. Leases trust clocks, nothing else does.
    /// </summary>
    public required int MaxSkew { get; init; }

    /// <summary>How many seeded choices the chaos phase makes.</summary>
    public required int Steps { get; init; }

    /// <summary>Whether logs reach the length beyond which they are compacted.</summary>
    public bool Compacts { get; private init; }

    /// <summary>Whether members come and go.</summary>
    public bool ChangesMembers => Faults.ChangeMembers > 0;

    /// <summary>How likely each choice is.</summary>
    public required Faults Faults { get; init; }

    /// <summary>How many members the group begins with.</summary>
    public int Members => Voters.Length;

    /// <summary>How many of these are a majority.</summary>
    public int Quorum => Members / 2 + 1;

    /// <summary>Draws a plan.</summary>
    /// <param name="random">Decides what happens.</param>
    /// <param name="numbers">Decides how members are called, which must change nothing else.</param>
    public static Plan Draw(Random random, Random numbers)
    {
        var options = DrawOptions(random);
        options.Validate();
        return new Plan
        {
            Voters = DrawMembers(numbers, random.Pick(1, 2, 3, 3, 3, 3, 4, 5, 5, 5)),
            Options = options,
            Truncated = random.Pick(LogPosition.Zero, LogPosition.Zero, new LogPosition(5, 5)),
            // A voter votes ElectionTicks after it heard the leader; its clock and the leader's may be off.
            MaxSkew = options.LeaseReads ? (options.ElectionTicks - options.LeaseTicks) / 2 : int.MaxValue,
            Steps = random.Next(500, 4000),
            Faults = Faults.Draw(random),
        };
    }

    /// <summary>
    /// The same plan with logs that are compacted, in every third seed, mostly with snapshots for whom that leaves behind.
    /// There nobody loses the end of a log: what others have deleted cannot be brought back.
    /// </summary>
    public Plan WithCompaction(int seed)
    {
        if (seed % 3 != 2) return this;
        var random = new Random(seed);
        var options = Options with
        {
            MaxLogEntries = random.Pick(1, 2, 3, 8, 20, 1000),
            MaxLogBytes = random.Pick(1, 30, 100, 16 * 1024 * 1024),
        };
        options = options with { ProvidesSnapshots = random.Percent(60) };
        var faults = Faults with { LoseTail = 0 };
        if (options.ProvidesSnapshots)
        {
            faults = faults with
            {
                Snapshot = random.Pick(10, 100, 1000),
                Crash = random.Pick(3, 10, 40),
                Cut = random.Pick(10, 20, 40),
                Heal = random.Pick(10, 20),
                Sync = random.Pick(100, 300),
                Apply = 1000,
                Flush = 300,
            };
        }
        return this with { Options = options, Faults = faults, Steps = 2 * Steps, Compacts = true };
    }

    /// <summary>
    /// The same plan with members that come and go, in every fourth seed. There nobody loses the end of a log: who is needed
    /// for a majority changes too often.
    /// </summary>
    public Plan WithMembership(int seed)
    {
        if (seed % 4 != 1 || (Compacts && !Options.ProvidesSnapshots)) return this;
        return this with { Faults = Faults with { LoseTail = 0, ChangeMembers = new Random(seed).Pick(10, 40, 100) } };
    }

    /// <summary>The same plan with leadership that is transferred, in every fifth seed.</summary>
    public Plan WithTransfers(int seed) => seed % 5 != 3 ? this
        : this with { Faults = Faults with { Transfer = new Random(seed).Pick(10, 40) } };

    /// <summary>Draws the numbers of members, ascending.</summary>
    public static ImmutableArray<PeerId> DrawMembers(Random numbers, int count)
    {
        var drawn = new SortedSet<ulong>();
        while (drawn.Count < count) drawn.Add((ulong)numbers.NextInt64(1, numbers.Pick(10, 1000, long.MaxValue)));
        return [.. drawn.Select(number => new PeerId(number))];
    }

    private static RaftOptions DrawOptions(Random random)
    {
        var election = random.Pick(3, 4, 5, 6, 8, 12);
        return new RaftOptions
        {
            ElectionTicks = election,
            HeartbeatTicks = random.Next(1, Math.Min(4, election)),
            MaxEntriesPerAppend = random.Pick(1, 1, 2, 3, 8, 1024),
            MaxBytesPerAppend = random.Pick(1, 16, 64, 1024 * 1024),
            MaxInflightAppends = random.Pick(1, 2, 3, 16, 256),
            MaxInflightBytes = random.Pick(1, 32, 200, 8 * 1024 * 1024),
            MaxPendingBytes = random.Pick(1, 64, 1000, 32 * 1024 * 1024),
            LeaseReads = random.Next(5) < 2,
            LeaseTicks = random.Next(1, election - 1),
        };
    }
}
