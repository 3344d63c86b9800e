using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Links;

/// <summary>
/// The requests of many callers to one store: makes messages of them, no more than the store takes at once, and brings each
/// its reply. From any thread.
/// </summary>
/// <param name="startWriter">Has what <see cref="Next"/> hands out sent, until that is nothing; there is one writer at a
/// time. It must not write at once: a caller that did would find nothing to send along.</param>
/// <param name="window">Holds back messages until the store has taken others; null: whoever sends them does.</param>
internal sealed class Outbox(Action startWriter, MessageWindow? window = null)
{
    /// <summary>The most requests under way. The store must have room left: only then does it take a message, also one that
    /// cancels.</summary>
    public const int MaxInFlight = EnvelopeLimits.MaxInFlight - 1;

    // What goes beyond it is no more than a message.
    private const long MaxBytesInFlight = EnvelopeLimits.MaxBytesInFlight - EnvelopeLimits.MaxBytes;

    private static readonly int CancelBytes = new PendingCall(new NumberedRequest { Cancel = new Cancel() }).Bytes;

    private readonly Lock _lock = new();
    private readonly Queue<PendingCall> _queued = new();
    private readonly Dictionary<ulong, PendingCall> _underWay = [];
    private readonly Queue<ulong> _cancelled = new();
    private ulong _lastNumber;
    private long _bytesUnderWay;
    private bool _writes;
    private bool _closed;

    private bool HasRoom => _underWay.Count < MaxInFlight && _bytesUnderWay < MaxBytesInFlight;

    /// <summary>Has a request sent as soon as there is room; false when nothing is sent any more.</summary>
    public bool TryAdd(PendingCall call)
    {
        lock (_lock)
        {
            if (_closed) return false;
            _queued.Enqueue(call);
            Wake();
            return true;
        }
    }

    /// <summary>Nobody waits for a call any more: it is not sent, or the store is told and answers all the same. Until then
    /// it counts as under way and keeps its number.</summary>
    public void Cancel(PendingCall call)
    {
        lock (_lock)
        {
            call.Abandon();
            if (_closed || !_underWay.ContainsKey(call.Number)) return;
            _cancelled.Enqueue(call.Number);
            Wake();
        }
    }

    /// <summary>Nobody waits for a call any more, and its reply, which may have got lost, is not waited for either.</summary>
    public void Forget(PendingCall call)
    {
        lock (_lock)
        {
            call.Abandon();
            if (TakeOut(call.Number) is not null) Wake();
        }
    }

    /// <summary>The next message; null when there is none, and the writer ends.</summary>
    /// <param name="isLast">None will follow.</param>
    public RequestEnvelope? Next(out bool isLast)
    {
        var envelope = new RequestEnvelope();
        lock (_lock)
        {
            Fill(envelope);
            isLast = envelope.Requests.Count == 0 && _closed;
            if (envelope.Requests.Count > 0)
            {
                window?.Sent();
                envelope.Acknowledge = window is not null;
                return envelope;
            }
            _writes = isLast;
            return null;
        }
    }

    /// <summary>Brings replies to those who wait for them.</summary>
    public void Take(ReplyEnvelope envelope)
    {
        var answered = new List<PendingCall?>(envelope.Replies.Count);
        lock (_lock)
        {
            if (envelope.Replies.Count == 0) window?.Taken();
            foreach (var reply in envelope.Replies) answered.Add(TakeOut(reply.Number));
            Wake();
        }
        for (var i = 0; i < answered.Count; i++)
        {
            var reply = envelope.Replies[i];
            answered[i]?.TrySetResult(reply.Inner ?? (object?)reply.Failure ?? reply);
        }
    }

    /// <summary>Sends nothing more; what is under way may still be answered.</summary>
    /// <returns>What waited for its turn.</returns>
    public IReadOnlyList<PendingCall> Close()
    {
        lock (_lock)
        {
            _closed = true;
            Wake();
            return TakeUnsent();
        }
    }

    /// <summary>The calls that somebody waits for and nothing was heard of since some time; null: nobody waits for any.</summary>
    /// <param name="since">A tick count.</param>
    public IReadOnlyList<PendingCall>? Unheard(long since)
    {
        lock (_lock)
        {
            if (_underWay.Count + _queued.Count == 0) return null;
            return [.. _underWay.Values.Concat(_queued).Where(call => call.HeardOf <= since && !call.Task.IsCompleted)];
        }
    }

    /// <summary>A message never left: hands back those of their requests that somebody waits for.</summary>
    public IReadOnlyList<PendingCall> NotSent(RequestEnvelope envelope)
    {
        lock (_lock)
        {
            PendingCall[] unsent = [.. envelope.Requests.Where(request => request.Cancel is null)
                .Select(request => TakeOut(request.Number)).OfType<PendingCall>()];
            window?.Taken();
            Wake();
            return unsent;
        }
    }

    /// <summary>Nothing that was sent will be answered any more: hands everything back, in the order of asking.</summary>
    public (IReadOnlyList<PendingCall> Sent, IReadOnlyList<PendingCall> Unsent) Break()
    {
        lock (_lock)
        {
            PendingCall[] sent = [.. _underWay.Values.OrderBy(call => call.Number)];
            _underWay.Clear();
            _bytesUnderWay = 0;
            window?.Clear();
            return (sent, TakeUnsent());
        }
    }

    private void Wake()
    {
        if (_writes || !(_closed || _cancelled.Count > 0 || (_queued.Count > 0 && HasRoom && !Waits()))) return;
        _writes = true;
        startWriter();
    }

    private bool Waits()
    {
        if (window is not { IsFull: true }) return false;
        window.CallWhenLost(WakeAgain);
        return true;
    }

    private void WakeAgain()
    {
        lock (_lock)
        {
            window!.Called();
            Wake();
        }
    }

    private void Fill(RequestEnvelope envelope)
    {
        var packer = new EnvelopePacker();
        while (_cancelled.Count > 0 && packer.TryAdd(CancelBytes))
            envelope.Requests.Add(new NumberedRequest { Number = _cancelled.Dequeue(), Cancel = new Cancel() });
        while (_queued.TryPeek(out var call) && HasRoom && !Waits())
        {
            if (call.Request is not null && !packer.TryAdd(call.Bytes)) break;
            _queued.Dequeue();
            if (call.Request is null) continue;
            // From here on it may arrive, whatever becomes of the message.
            _underWay.Add(++_lastNumber, call);
            _bytesUnderWay += call.Bytes;
            envelope.Requests.Add(call.Send(_lastNumber));
        }
    }

    private PendingCall? TakeOut(ulong number)
    {
        if (!_underWay.Remove(number, out var call)) return null;
        _bytesUnderWay -= call.Bytes;
        return call;
    }

    private PendingCall[] TakeUnsent()
    {
        PendingCall[] unsent = [.. _queued.Where(call => call.Request is not null)];
        _queued.Clear();
        _cancelled.Clear();
        return unsent;
    }
}
