namespace TinyKv.Core.Raft;

/// <summary>How far the numbers of a group may go, whoever claims them.</summary>
public static class RaftLimits
{
    /// <summary>
    /// The greatest term, index or round. Neither one more than it nor the sum of two such numbers overflows, and a
    /// group that has an election every second gets there in 146 billion years.
    /// </summary>
    public const long MaxNumber = long.MaxValue / 2;

    /// <summary>
    /// How far others may raise a member's term at once: an election every second takes 17 years for it.
    /// </summary>
    public const long MaxTermStep = 1L << 29;

    /// <summary>
    /// How far they may raise it with every tick, also when they have raised it before. With ten ticks a second
    /// <see cref="MaxNumber"/> is 870 years away.
    /// </summary>
    public const long TermsPerTick = 1L << 24;

    /// <summary>What the smallest step counts for: with each tick others may raise a term sixteen times.</summary>
    public const long LeastTermStep = 1L << 20;

    /// <summary>Whether a term, index or round is possible.</summary>
    public static bool Allow(long number) => number is >= 0 and <= MaxNumber;
}
