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
    /// How far one message may raise a member's term: an election every second takes 136 years for it. Who claims more
    /// has not counted elections; a term at the bound would end all elections for ever.
    /// </summary>
    public const long MaxTermStep = 1L << 32;

    /// <summary>Whether a term, index or round is possible.</summary>
    public static bool Allow(long number) => number is >= 0 and <= MaxNumber;
}
