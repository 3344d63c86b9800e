namespace TinyKv.Testing.Linearizability;

/// <summary>What a correct object does when it is called by one client at a time.</summary>
/// <typeparam name="TState">Compared by value.</typeparam>
/// <typeparam name="TInput">A call.</typeparam>
/// <typeparam name="TOutput">An answer.</typeparam>
public interface IModel<TState, TInput, TOutput>
    where TState : notnull where TInput : notnull where TOutput : class
{
    /// <summary>Before the first call.</summary>
    TState Initial { get; }

    /// <summary>Whether the call may be answered so in this state, and the state after it.</summary>
    /// <param name="state">The state before.</param>
    /// <param name="input">The call.</param>
    /// <param name="output">The answer; null: unknown, any would do.</param>
    /// <param name="next">The state after.</param>
    bool TryStep(TState state, TInput input, TOutput? output, out TState next);

    /// <summary>Whether an operation with this answer leaves every state as it is, like a read.</summary>
    bool IsPure(TInput input, TOutput? output);

    /// <summary>
    /// What an operation is about; an explanation leaves out the operations on other things. Operations that explain
    /// each other, such as a write and the reads that returned it, have the same. Null: all hang together.
    /// </summary>
    object? Topic(TInput input, TOutput? output);

    /// <summary>A state for people.</summary>
    string Describe(TState state);

    /// <summary>A call and its answer for people.</summary>
    string Describe(TInput input, TOutput? output) => $"{input} → {output?.ToString() ?? "unknown"}";
}
