using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Everything that a seed decides before the first step. Limits are drawn as freely as faults: many bugs show
/// only with one entry per append or one append in flight, and never with the numbers of production.
/// </summary>
internal sealed record Plan
{
    /// <summary>How many members the group has.</summary>
    public required int Members { get; init; }

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

    /// <summary>How likely each choice is.</summary>
    public required Faults Faults { get; init; }

    /// <summary>The members, ascending.</summary>
    public IEnumerable<PeerId> Voters => Enumerable.Range(1, Members).Select(n => new PeerId((ulong)n));

    /// <summary>How many members are a majority.</summary>
    public int Quorum => Members / 2 + 1;

    /// <summary>Draws a plan.</summary>
    public static Plan Draw(Random random)
    {
        var options = DrawOptions(random);
        options.Validate();
        return new Plan
        {
            Members = random.Pick(1, 2, 3, 3, 3, 3, 4, 5, 5, 5),
            Options = options,
            Truncated = random.Pick(LogPosition.Zero, LogPosition.Zero, new LogPosition(5, 5)),
            // A voter votes ElectionTicks after it heard the leader; its clock and the leader's may be off.
            MaxSkew = options.LeaseReads ? (options.ElectionTicks - options.LeaseTicks) / 2 : int.MaxValue,
            Steps = random.Next(500, 4000),
            Faults = Faults.Draw(random),
        };
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
