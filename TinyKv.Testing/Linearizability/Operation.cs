namespace TinyKv.Testing.Linearizability;

/// <summary>One call of a client, as the client saw it.</summary>
/// <typeparam name="TInput">A call.</typeparam>
/// <typeparam name="TOutput">An answer.</typeparam>
/// <param name="Client">Who called; for people.</param>
/// <param name="Input">What was asked.</param>
/// <param name="Output">What was answered; null: it is not known whether the call took effect.</param>
/// <param name="Called">When it was sent; any unit, but the same for all operations.</param>
/// <param name="Returned">When the answer was there; null: never. The call may take effect at any later time.</param>
public sealed record Operation<TInput, TOutput>(
    int Client, TInput Input, TOutput? Output, long Called, long? Returned)
    where TInput : notnull where TOutput : class
{
    /// <summary>Whether the call still has to end, as far as is known.</summary>
    public bool IsOpen => Returned is null;
}
