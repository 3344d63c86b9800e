using System.Diagnostics;
using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>
/// One of many requests that are executed together. Its sink gets exactly one reply for it, whatever comes first: the
/// answer, the end of the time that the caller waits, or <see cref="Cancel"/>. From any thread.
/// </summary>
/// <param name="request">Not to be changed until it is answered.</param>
/// <param name="sink">Takes the reply.</param>
/// <param name="timeout">How long the caller waits; zero: as long as the store's gateway does.</param>
public abstract class RawCall(IRawRequest request, IReplySink sink, TimeSpan timeout)
{
    private const int New = 0, Counted = 1, Ended = 2;

    private CancellationTokenSource? _alone;
    private UnderWay? _underWay;
    private int _state = New;

    /// <summary>What is asked for.</summary>
    public IRawRequest Request => request;

    /// <summary>The size of the request.</summary>
    public int Bytes { get; } = request.CalculateSize();

    /// <summary>Takes the reply.</summary>
    public IReplySink Sink => sink;

    /// <summary>How long the caller waits; zero: as long as the store's gateway does.</summary>
    public TimeSpan Timeout => timeout;

    /// <summary>The caller's span; the default one: it traces nothing.</summary>
    public ActivityContext Trace { get; init; }

    /// <summary>Whether it has its reply.</summary>
    public bool IsEnded => Volatile.Read(ref _state) == Ended;

    /// <summary>Its place among those that are under way.</summary>
    internal UnderWayPlace Place;

    /// <summary>Nobody waits for it any more: it is answered as if its time were over. A write may be done all the
    /// same.</summary>
    /// <remarks>The reply may come before this returns.</remarks>
    public void Cancel()
    {
        // Whoever executes it by itself knows whether anything may be done, and answers.
        if (Volatile.Read(ref _alone) is { } alone) alone.Cancel();
        else if (TryEnd())
        {
            Volatile.Read(ref _alone)?.Cancel();
            Sink.Reply([(this, Request.OutcomeUnknown())]);
        }
    }

    /// <summary>Gives its sink a reply, unless it has one.</summary>
    public void Answer(IRawReply reply)
    {
        if (TryEnd()) Sink.Reply([(this, reply)]);
    }

    /// <summary>It is counted, until it ends; false: it has ended before.</summary>
    internal bool TryBegin(UnderWay underWay)
    {
        _underWay = underWay;
        return Interlocked.CompareExchange(ref _state, Counted, New) == New;
    }

    /// <summary>Whoever is told true gives the reply to the sink. What comes later is dropped.</summary>
    internal bool TryEnd()
    {
        var before = Interlocked.Exchange(ref _state, Ended);
        if (before == Counted) _underWay!.Leave(this);
        return before != Ended;
    }

    /// <summary>From now on it is executed by itself, and whoever does that answers it when the token says so.</summary>
    internal CancellationToken GoAlone()
    {
        var alone = new CancellationTokenSource();
        Interlocked.Exchange(ref _alone, alone);
        return IsEnded ? new CancellationToken(canceled: true) : alone.Token;
    }
}
