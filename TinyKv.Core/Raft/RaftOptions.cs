namespace TinyKv.Core.Raft;

/// <summary>The numbers that a Raft group runs by. Times are counted in ticks.</summary>
public sealed record RaftOptions
{
    /// <summary>Ticks without a leader until a follower asks for votes; the actual timeout is drawn from
    /// [this, 2·this) at every role change.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Ticks between heartbeats of a leader; below <see cref="ElectionTicks"/>.</summary>
    public int HeartbeatTicks { get; init; } = 2;

    /// <summary>The most entries in one append.</summary>
    public int MaxEntriesPerAppend { get; init; } = 1024;

    /// <summary>The most command bytes in one append; one entry always fits.</summary>
    public int MaxBytesPerAppend { get; init; } = 1024 * 1024;

    /// <summary>The most unacknowledged appends to one follower.</summary>
    public int MaxInflightAppends { get; init; } = 256;

    /// <summary>The most unacknowledged command bytes to one follower; one append always fits.</summary>
    public long MaxInflightBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// The most proposed and not yet applied command bytes of a leader; one command always fits.
    /// </summary>
    public long MaxPendingBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The entries beyond which the log is compacted.</summary>
    public long MaxLogEntries { get; init; } = 10_000;

    /// <summary>The command bytes beyond which the log is compacted.</summary>
    public long MaxLogBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Whether members can be given a snapshot of another's engine. Otherwise nothing is compacted that one of them lacks.
    /// </summary>
    public bool ProvidesSnapshots { get; init; }

    /// <summary>Whether reads may be answered from a lease instead of a round of heartbeats. Trusts that
    /// clocks run at the same speed within the margin between <see cref="LeaseTicks"/> and
    /// <see cref="ElectionTicks"/>.</summary>
    public bool LeaseReads { get; init; }

    /// <summary>Ticks that a lease holds, from when the confirming heartbeat was sent. At least two below
    /// <see cref="ElectionTicks"/>: either side may be one tick off.</summary>
    public int LeaseTicks { get; init; } = 7;

    /// <summary>Checks the relations between the numbers.</summary>
    /// <exception cref="ArgumentException">Names the option that is wrong and what is right.</exception>
    public void Validate()
    {
        Require(HeartbeatTicks >= 1, "heartbeat-ticks must be at least 1");
        Require(ElectionTicks > HeartbeatTicks, "election-ticks must be above heartbeat-ticks");
        Require(MaxEntriesPerAppend >= 1, "max-entries-per-append must be at least 1");
        Require(MaxBytesPerAppend >= 1, "max-bytes-per-append must be at least 1");
        Require(MaxInflightAppends >= 1, "max-inflight-appends must be at least 1");
        Require(MaxInflightBytes >= 1, "max-inflight-bytes must be at least 1");
        Require(MaxPendingBytes >= 1, "max-pending-bytes must be at least 1");
        Require(MaxLogEntries >= 1, "max-log-entries must be at least 1");
        Require(MaxLogBytes >= 1, "max-log-bytes must be at least 1");
        Require(
            !LeaseReads || (LeaseTicks >= 1 && LeaseTicks <= ElectionTicks - 2),
            "lease-ticks must be at least 1 and at least 2 below election-ticks");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ArgumentException(message);
    }
}
