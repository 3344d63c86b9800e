using System.Diagnostics;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Links;

/// <summary>
/// A request that goes to a store together with others, and the wait for what comes back: a reply or a
/// <see cref="Failure"/>. What a caller does next must not run on the thread that reads the replies.
/// </summary>
/// <param name="request">Gets its number when it is sent.</param>
internal sealed class PendingCall(NumberedRequest request)
    : TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously), ILinkCall
{
    // A tag and the longest varint.
    private const int NumberBytes = 11;

    /// <summary>What to send; null when that was done, or nobody waits any more.</summary>
    public NumberedRequest? Request { get; private set; } = request;

    /// <summary>What the request takes of a message at most, without its framing.</summary>
    public int Bytes { get; } = request.CalculateSize() + NumberBytes;

    /// <summary>When it was asked, or the store last gave a sign of life, as a tick count.</summary>
    public long HeardOf { get; set; } = Environment.TickCount64;

    /// <summary>0 before it is sent.</summary>
    public ulong Number { get; private set; }

    /// <inheritdoc/>
    public bool IsSent => Number > 0;

    Task<object> ILinkCall.Reply => Task;

    Task<object> ILinkCall.ReplyAsync(CancellationToken cancellation) => this.AnswerAsync(cancellation);

    /// <summary>A request that belongs to the caller's trace.</summary>
    /// <param name="request">Not to be changed any more.</param>
    /// <param name="timeout">How long the caller waits; null: as long as the store's gateway does.</param>
    public static PendingCall Of(IRoutedRequest request, TimeSpan? timeout = null)
    {
        var numbered = NumberedRequest.Of(0, request);
        if (timeout is { } wait) numbered.TimeoutMs = Milliseconds(wait);
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } span }) numbered.Traceparent = span;
        return new PendingCall(numbered);
    }

    /// <summary>Hands the request out, once.</summary>
    public NumberedRequest Send(ulong number)
    {
        var message = Request!;
        (Request, Number, message.Number) = (null, number, number);
        return message;
    }

    /// <summary>Nobody waits any more, or sends it.</summary>
    public void Abandon()
    {
        Request = null;
        // Looked at, or a failure that came too late would count as unobserved.
        if (!TrySetCanceled()) _ = Task.Exception;
    }

    // 0 would mean something else, and a wait without end has the longest that there is.
    private static uint Milliseconds(TimeSpan wait) =>
        (uint)(wait > TimeSpan.Zero && wait < EnvelopeLimits.MaxTimeout ? wait : EnvelopeLimits.MaxTimeout).TotalMilliseconds;
}
