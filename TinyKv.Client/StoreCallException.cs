namespace TinyKv.Client;

/// <summary>What the failure of a call says about the address.</summary>
internal enum CallFailure
{
    /// <summary>A store is there, or was: it is starting, busy or silent.</summary>
    Passing,

    /// <summary>Nothing there takes connections now, or nothing ever came back over one: it may be a store that restarts,
    /// or a mistake.</summary>
    Unreachable,

    /// <summary>What is there is no store's port of this kind, and waiting does not make it one.</summary>
    NotAStore,
}

/// <summary>A store gave no usable answer.</summary>
/// <param name="mayBeDone">Whether the store may have received the request.</param>
/// <param name="message">Names the store and what happened.</param>
/// <param name="cause">What the transport reported.</param>
internal sealed class StoreCallException(string message, bool mayBeDone, Exception? cause = null)
    : Exception(message, cause)
{
    // More reasons than these are no help.
    private const int MaxReasons = 5;

    public bool MayBeDone => mayBeDone;

    /// <summary>What it says about the address.</summary>
    public CallFailure Failure { get; init; }

    /// <summary>What is there takes connections, and never said anything.</summary>
    /// <param name="address">Where.</param>
    /// <param name="expected">What should be there, if it may be a mistake.</param>
    /// <param name="cause">What the transport reported.</param>
    /// <param name="mayBeDone">Whether the request was written to a connection.</param>
    public static StoreCallException NeverHeard(string address, string? expected, Exception cause, bool mayBeDone = true)
    {
        var hint = expected is null ? "" : $", expected {expected}";
        return new StoreCallException($"{address}: takes connections and says nothing{hint}", mayBeDone, cause)
        {
            Failure = CallFailure.Unreachable,
        };
    }

    /// <summary>This failure, which also tells of the one before it, if that says something else.</summary>
    public StoreCallException After(StoreCallException? earlier) => earlier is null || earlier.Message == Message ? this
        : new StoreCallException($"{Message}; before that, {earlier.Message}", MayBeDone, InnerException) { Failure = Failure };

    /// <summary>The same failure for one of several callers.</summary>
    public StoreCallException As(bool mayBeDone) => new(Message, mayBeDone, InnerException) { Failure = Failure };

    /// <summary>The failures of one call at every store that there is to ask.</summary>
    public static StoreCallException Of(IReadOnlyList<StoreCallException> failures)
    {
        // In an order of their own: the stores were asked in any, and each time in another one.
        var reasons = failures.Select(failure => failure.Message).Distinct().Order(StringComparer.Ordinal).ToList();
        var more = reasons.Count > MaxReasons ? $"; and {reasons.Count - MaxReasons} more" : "";
        return new StoreCallException(
            string.Join("; ", reasons.Take(MaxReasons)) + more, mayBeDone: false, failures.Count == 0 ? null : failures[^1])
        {
            // While one of them may be a store that comes back, all of them are worth asking again.
            Failure = failures.Count == 0 ? CallFailure.Passing : failures.Min(failure => failure.Failure),
        };
    }
}

/// <summary>A caller waits no longer for a request that was never sent: nothing was done.</summary>
internal sealed class NeverSentException(OperationCanceledException gaveUp)
    : OperationCanceledException(gaveUp.Message, gaveUp, gaveUp.CancellationToken);
