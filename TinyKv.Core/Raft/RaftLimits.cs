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

    /// <summary>What the smallest step counts for: others may raise a term 1,024 times at once.</summary>
    public const long MinTermStep = MaxTermStep / 1024;

    /// <summary>
    /// How far they may raise it again with every tick. <see cref="MaxTermStep"/> comes back within four election timeouts,
    /// so that nothing is lost between two elections. With ten ticks a second and an election timeout of ten,
    /// <see cref="MaxNumber"/> is a thousand years away.
    /// </summary>
    public static long TermsPerTick(RaftOptions options) => MaxTermStep / (4L * options.ElectionTicks);

    /// <summary>Whether a term, index or round is possible.</summary>
    public static bool Allow(long number) => number is >= 0 and <= MaxNumber;
}
