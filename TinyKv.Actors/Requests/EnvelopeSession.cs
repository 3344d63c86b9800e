using System.Threading.Channels;
using Grpc.Core;
using TinyKv.Actors.Telemetry;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>
/// The store's side of one stream of requests: executes what comes in a message together, and sends replies as soon as they
/// are ready, with those that were ready meanwhile. One reads from the stream (<see cref="Take"/>, <see cref="RoomAsync"/>,
/// <see cref="AllAnsweredAsync"/>), one writes to it (<see cref="SendAsync"/>), and neither waits for the other but for room.
/// </summary>
/// <param name="gateway">What executes the requests, asked for each message: a store opens and closes.</param>
/// <param name="unread">Counts replies to the same connection that are not read.</param>
public sealed class EnvelopeSession(Func<IRawGateway> gateway, UnreadBytes unread) : IReplySink
{
    // From so many bytes of replies that the stream does not take on, no more requests are taken from it.
    private const long MaxQueuedBytes = 4 * 1024 * 1024;

    // At least so much memory does a reply take while it waits.
    private const int OverheadBytes = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, NumberedCall> _calls = [];
    private readonly Queue<(NumberedReply Reply, int Bytes)> _replies = new();
    private readonly List<(NumberedCall Call, IRawReply Reply, NumberedReply Numbered, int Bytes)> _arrived = [];
    private readonly Channel<bool> _ready = NewSignal();
    private readonly Channel<bool> _room = NewSignal();
    private long _bytesUnderWay;
    private long _bytesQueued;
    private int _emptyOnes;
    private bool _isClosing;
    private bool _hasEnded;

    /// <summary>Executes the requests of a message. Not at the same time as another, and not after
    /// <see cref="Abort"/>.</summary>
    /// <returns>Null, or why the stream must end; nothing of the message is executed then.</returns>
    public Status? Take(RequestEnvelope envelope)
    {
        StreamMetrics.Taken(envelope.Requests.Count);
        var (calls, cancelled) = (new List<RawCall>(envelope.Requests.Count), new List<ulong>());
        lock (_lock)
        {
            if (envelope.Requests.Count == 0) _emptyOnes++;
            foreach (var request in envelope.Requests)
            {
                if (request.Cancel is not null) cancelled.Add(request.Number);
                else if (_calls.ContainsKey(request.Number)) return Repeated(request.Number);
                else if (request.Inner is { } inner) calls.Add(Enter(request, inner));
                else QueueSmall(NumberedReply.Unknown(request.Number));
            }
        }
        if (calls.Count > 0) gateway().Execute(calls);
        foreach (var number in cancelled) Find(number)?.Cancel();
        _ready.Writer.TryWrite(true);
        return null;
    }

    /// <summary>Waits until another message may be taken: not too much is under way, and what was answered is read.</summary>
    public ValueTask RoomAsync(CancellationToken end) => UntilAsync(static session => session.HasRoom, end);

    /// <summary>Waits until each request has a reply.</summary>
    public ValueTask AllAnsweredAsync(CancellationToken end) =>
        UntilAsync(static session => session._calls.Count == 0, end);

    /// <summary>Sends replies until there will be none any more: see <see cref="Complete"/> and <see cref="Abort"/>.</summary>
    /// <param name="send">Sends a message; it returns when the stream takes another.</param>
    /// <param name="end">Gives up.</param>
    public async Task SendAsync(Func<ReplyEnvelope, CancellationToken, Task> send, CancellationToken end)
    {
        bool goesOn;
        do
        {
            // The last replies may be queued by whoever is about to say so when all is complete.
            goesOn = await _ready.Reader.WaitToReadAsync(end);
            _ready.Reader.TryRead(out _);
            while (Next() is var (envelope, bytes))
            {
                try
                {
                    await send(envelope, end);
                }
                finally
                {
                    Sent(bytes);
                }
            }
        }
        while (goesOn);
    }

    /// <inheritdoc/>
    public void Reply(IReadOnlyList<(RawCall Call, IRawReply Reply)> replies)
    {
        lock (_lock)
        {
            foreach (var (call, reply) in replies) Leave((NumberedCall)call, reply);
            QueueArrived();
        }
        _ready.Writer.TryWrite(true);
        _room.Writer.TryWrite(true);
    }

    /// <summary>The store is going to stop: the client is told, and what it sends all the same is executed.</summary>
    public void Closing()
    {
        lock (_lock) _isClosing = true;
        _ready.Writer.TryWrite(true);
    }

    /// <summary>Nothing more will be taken, and all is answered: sending ends when all is sent.</summary>
    public void Complete() => _ready.Writer.TryComplete();

    /// <summary>The stream has ended: nobody waits for what is under way, and what is not sent is dropped.</summary>
    public void Abort()
    {
        List<RawCall> calls;
        lock (_lock)
        {
            _hasEnded = true;
            calls = [.. _calls.Values];
            foreach (var (_, bytes) in _replies) Release(bytes);
            _replies.Clear();
        }
        Complete();
        foreach (var call in calls) call.Cancel();
    }

    private bool HasRoom => _calls.Count < EnvelopeLimits.MaxInFlight && _bytesUnderWay < EnvelopeLimits.MaxBytesInFlight
        && (_bytesQueued == 0 || (_bytesQueued < MaxQueuedBytes && !unread.IsFull));

    private async ValueTask UntilAsync(Func<EnvelopeSession, bool> isTrue, CancellationToken end)
    {
        while (true)
        {
            lock (_lock)
            {
                if (isTrue(this)) return;
            }
            await _room.Reader.ReadAsync(end);
        }
    }

    private NumberedCall Enter(NumberedRequest request, IRoutedRequest inner)
    {
        var call = new NumberedCall(request, inner, this) { Trace = NumberedCall.TraceOf(request.Traceparent) };
        _calls.Add(request.Number, call);
        _bytesUnderWay += call.Bytes;
        return call;
    }

    private NumberedCall? Find(ulong number)
    {
        lock (_lock) return _calls.GetValueOrDefault(number);
    }

    private void Leave(NumberedCall call, IRawReply reply)
    {
        _calls.Remove(call.Number);
        _bytesUnderWay -= call.Bytes;
        if (_hasEnded) return;
        var numbered = NumberedReply.Of(call.Number, reply);
        _arrived.Add((call, reply, numbered, SizeOf(numbered)));
    }

    // All are counted at once, if that is not too much to be let in only because nothing else is unread.
    private void QueueArrived()
    {
        var sum = 0L;
        foreach (var each in _arrived) sum += each.Bytes;
        var fits = sum <= EnvelopeLimits.MaxBytes && unread.TryAdd(sum, always: false);
        foreach (var (call, reply, numbered, bytes) in _arrived)
        {
            if (fits || unread.TryAdd(bytes, always: !reply.MayBeRefused(call.Request))) Enqueue(numbered, bytes);
            else QueueSmall(NumberedReply.Of(call.Number, call.Request.Refused(UnreadLimit.Refusal)));
        }
        _arrived.Clear();
    }

    // What must be told, and is hardly more than what is kept of its request while it waits.
    private void QueueSmall(NumberedReply reply)
    {
        var bytes = SizeOf(reply);
        unread.TryAdd(bytes, always: true);
        Enqueue(reply, bytes);
    }

    private void Enqueue(NumberedReply reply, int bytes)
    {
        _bytesQueued += bytes;
        _replies.Enqueue((reply, bytes));
    }

    private static int SizeOf(NumberedReply reply) => reply.CalculateSize() + OverheadBytes;

    private (ReplyEnvelope Envelope, long Bytes)? Next()
    {
        lock (_lock)
        {
            if (_hasEnded) return null;
            var (envelope, packer, bytes) = (new ReplyEnvelope { Closing = _isClosing }, new EnvelopePacker(), 0L);
            while (_replies.TryPeek(out var next) && packer.TryAdd(next.Bytes - OverheadBytes))
            {
                envelope.Replies.Add(_replies.Dequeue().Reply);
                bytes += next.Bytes;
            }
            if (packer.Count == 0 && !_isClosing && --_emptyOnes < 0)
            {
                _emptyOnes = 0;
                return null;
            }
            _isClosing = false;
            StreamMetrics.Sending(packer.Count);
            return (envelope, bytes);
        }
    }

    private void Sent(long bytes)
    {
        lock (_lock) Release(bytes);
        _room.Writer.TryWrite(true);
    }

    private void Release(long bytes)
    {
        _bytesQueued -= bytes;
        unread.Remove(bytes);
    }

    private static Status Repeated(ulong number) => new(StatusCode.InvalidArgument,
        $"the number {number} belongs to a request that is not answered yet; each needs its own");

    // Something has changed; however often, whoever waits looks once.
    private static Channel<bool> NewSignal() => Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
}
