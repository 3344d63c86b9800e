namespace TinyKv.Testing.Linearizability;

/// <summary>What a check came to.</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>There is an order in which the operations could have been done one at a time.</summary>
    public sealed record Ok : Verdict;

    /// <summary>There is none.</summary>
    /// <param name="Explanation">A small part of the history that already has none, for people.</param>
    public sealed record Illegal(string Explanation) : Verdict;

    /// <summary>The time was up. Nothing is proven: counts as a failure.</summary>
    /// <param name="Limit">How long it was tried.</param>
    public sealed record Unknown(TimeSpan Limit) : Verdict;
}
