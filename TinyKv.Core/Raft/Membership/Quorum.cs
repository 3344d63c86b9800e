namespace TinyKv.Core.Raft.Membership;

/// <summary>The arithmetic of majorities.</summary>
internal static class Quorum
{
    /// <summary>How many of <paramref name="voters"/> members decide.</summary>
    public static int Majority(int voters) => voters / 2 + 1;

    /// <summary>
    /// The greatest value that a majority has reached, given each member's own. It is the committed index
    /// when the values are match indexes, the confirmed round when they are rounds, the time of the last
    /// contact with a majority when they are ticks.
    /// </summary>
    /// <param name="values">One per member; sorted in place.</param>
    public static long Reached(Span<long> values)
    {
        Invariant.Holds(!values.IsEmpty, $"a group has at least one member");
        values.Sort();
        return values[values.Length - Majority(values.Length)];
    }
}
