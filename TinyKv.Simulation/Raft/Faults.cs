using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Weights of the choices of one step, and chances of what happens to a message. Every fault is absent from
/// some seeds: a fault that is always there hides the states that only calm reaches.
/// </summary>
internal sealed record Faults
{
    /// <summary>A message arrives.</summary>
    public int Deliver { get; init; } = 1000;

    /// <summary>A clock ticks.</summary>
    public required int Tick { get; init; }

    /// <summary>The oldest write of a disk completes.</summary>
    public required int Sync { get; init; }

    /// <summary>A state machine takes entries that wait for it.</summary>
    public required int Apply { get; init; }

    /// <summary>A state machine makes durable what it holds.</summary>
    public int Flush { get; init; } = 30;

    /// <summary>A client proposes.</summary>
    public required int Propose { get; init; }

    /// <summary>A client reads.</summary>
    public required int Read { get; init; }

    /// <summary>A member loses its memory and what was not yet on its disk.</summary>
    public required int Crash { get; init; }

    /// <summary>A crashed member comes back.</summary>
    public required int Restart { get; init; }

    /// <summary>A member stands still, with its clock, and then continues as if nothing had been.</summary>
    public required int Pause { get; init; }

    /// <summary>A disk completes nothing for a while.</summary>
    public required int Stall { get; init; }

    /// <summary>Links fail, often in one direction only.</summary>
    public required int Cut { get; init; }

    /// <summary>Links recover.</summary>
    public required int Heal { get; init; }

    /// <summary>The host asks a member to campaign.</summary>
    public required int Campaign { get; init; }

    /// <summary>A member is told that the connection to another has ended, which may be true.</summary>
    public required int Disconnect { get; init; }

    /// <summary>A message arrives that was never meant for the group.</summary>
    public required int Stray { get; init; }

    /// <summary>The disk of a follower loses entries that it had confirmed, and the member restarts.</summary>
    public required int LoseTail { get; init; }

    /// <summary>The leader is asked to change the members.</summary>
    public int ChangeMembers { get; init; }

    /// <summary>The leader is asked to let another lead.</summary>
    public int Transfer { get; init; }

    /// <summary>A snapshot that is fetched comes a step further.</summary>
    public int Snapshot { get; init; }

    /// <summary>Percent of messages that are lost.</summary>
    public required int Lose { get; init; }

    /// <summary>Percent of messages that arrive again later.</summary>
    public required int Duplicate { get; init; }

    /// <summary>Percent of messages that overtake others.</summary>
    public required int Reorder { get; init; }

    /// <summary>
    /// Whether a failed link loses what is sent over it; otherwise it delivers all of it when it recovers.
    /// </summary>
    public required bool CutsLose { get; init; }

    /// <summary>The sum of the weights.</summary>
    public int Total => Deliver + Tick + Sync + Apply + Flush + Propose + Read + Crash + Restart + Pause
        + Stall + Cut + Heal + Campaign + Disconnect + Stray + LoseTail + ChangeMembers + Transfer + Snapshot;

    /// <summary>Draws the faults of a seed.</summary>
    public static Faults Draw(Random random) => new()
    {
        Tick = random.Pick(100, 200, 400, 800),
        Sync = random.Pick(30, 100, 300, 1000),
        Apply = random.Pick(100, 500, 1000),
        Propose = random.Pick(20, 100, 300),
        Read = random.Pick(0, 50, 200),
        Crash = random.Pick(0, 3, 10, 40),
        Restart = random.Pick(20, 50, 200),
        Pause = random.Pick(0, 5, 15),
        Stall = random.Pick(0, 5, 15),
        Cut = random.Pick(0, 5, 20, 40),
        Heal = random.Pick(5, 20, 40),
        Campaign = random.Pick(0, 0, 5, 20),
        Stray = random.Pick(0, 2),
        Lose = random.Pick(0, 0, 2, 20),
        Duplicate = random.Pick(0, 5, 25),
        Reorder = random.Pick(0, 5, 50),
        CutsLose = random.Percent(50),
        LoseTail = random.Pick(0, 0, 5, 20),
        Disconnect = random.Pick(0, 5, 20),
    };
}
