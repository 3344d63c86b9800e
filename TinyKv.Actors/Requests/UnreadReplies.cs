using Akka.Actor;
using Akka.Event;
using Google.Protobuf;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>
/// What another actor system was sent and has not read yet. Akka.Remote keeps what a connection does not take, however
/// much it is; so a system that asks faster than it reads is refused. From any thread.
/// </summary>
/// <param name="guardian">An actor over there that answers <see cref="Identify"/>, as all do: after the replies on the
/// same connection, its answer tells that they were read.</param>
/// <param name="gateway">Who gets that answer, and hands it to <see cref="Read"/>.</param>
/// <param name="total">Of all systems.</param>
internal sealed class UnreadReplies(IActorRef guardian, IActorRef gateway, UnreadBytes total)
{
    // While nothing is sent because too much is unread, it may be that the last question got lost.
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private const long ProbeBytes = 2 * 1024 * 1024;

    // At least so much memory does a message take on its way.
    private const int OverheadBytes = 512;

    private readonly Lock _lock = new();
    private long _sent;
    private long _read;
    private long _probed;
    private TimeSpan _asked;
    private bool _closed;
    private volatile bool _silent;

    /// <summary>Whether requests are to be refused.</summary>
    public bool IsFull => Unread >= UnreadLimit.MaxBytes;

    /// <summary>Whether there is no room even for refusals: requests are to be left unanswered.</summary>
    public bool IsOverfull => Unread >= 2 * UnreadLimit.MaxBytes;

    /// <summary>Whether all is known to be read, but for what is too little to ask.</summary>
    public bool IsIdle => Unread < ProbeBytes;

    private long Unread
    {
        get
        {
            lock (_lock) return _sent - _read;
        }
    }

    /// <summary>A request is left unanswered.</summary>
    public void Unanswered(ILoggingAdapter log, TimeSpan now)
    {
        lock (_lock)
        {
            if (now - _asked >= AskAgain)
            {
                _asked = now;
                Ask();
            }
        }
        if (_silent) return;
        _silent = true;
        log.Warning("{Guardian} asks on without reading: its requests get no answer for now", guardian.Path);
    }

    /// <summary>Sends a reply, or a refusal in its place if there is no room and nothing was done.</summary>
    public void Reply(IActorRef asker, IRawRequest request, IRawReply reply)
    {
        var bytes = reply.CalculateSize() + OverheadBytes;
        lock (_lock)
        {
            if (!TryCount(request, reply, bytes, 0))
            {
                (reply, bytes) = (Refusal(request), OverheadBytes);
                Count(bytes, always: true);
            }
            Send(asker, reply, bytes);
        }
    }

    /// <summary>Sends replies in messages of many, each as the single ones.</summary>
    /// <param name="asker">Who gets them.</param>
    /// <param name="replies">With the requests whose refusal may take their place; null: none may.</param>
    public void Reply(IActorRef asker, IReadOnlyList<(IRawRequest? Request, NumberedReply Reply)> replies)
    {
        lock (_lock)
        {
            var (envelope, packer, counted) = (new ReplyEnvelope(), new EnvelopePacker(), OverheadBytes);
            Count(OverheadBytes, always: true);
            foreach (var (request, reply) in replies)
            {
                var (numbered, size) = (reply, reply.CalculateSize());
                var bytes = size + OverheadBytes;
                if (!TryCount(request, reply.Inner, bytes, counted))
                {
                    numbered = NumberedReply.Of(reply.Number, Refusal(request!));
                    (size, bytes) = (numbered.CalculateSize(), OverheadBytes);
                    Count(bytes, always: true);
                }
                if (!packer.TryAdd(size))
                {
                    Send(asker, envelope, counted);
                    (envelope, packer, counted) = (new ReplyEnvelope(), new EnvelopePacker(), 0);
                    packer.TryAdd(size);
                }
                envelope.Replies.Add(numbered);
                counted += bytes;
            }
            Send(asker, envelope, counted);
        }
    }

    /// <summary>Sends what no refusal can replace, if there is room.</summary>
    public void Tell(IActorRef asker, IMessage message)
    {
        lock (_lock)
        {
            if (IsFull) return;
            var bytes = message.CalculateSize() + OverheadBytes;
            Count(bytes, always: true);
            Send(asker, message, bytes);
        }
    }

    /// <summary>What a request is told for which there is no room.</summary>
    public static IRawReply Refusal(IRawRequest request) => request.Refused(UnreadLimit.Refusal);

    /// <summary>Everything up to a mark was read.</summary>
    public void Read(long mark)
    {
        lock (_lock)
        {
            // The mark comes from outside.
            var read = Math.Max(_read, Math.Min(mark, _probed));
            if (read == _read) return;
            if (!_closed) total.Remove(read - _read);
            _read = read;
            if (!IsOverfull) _silent = false;
        }
    }

    /// <summary>The connection has ended, and with it went what was not read.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (!_closed) total.Remove(_sent - _read);
            _closed = true;
        }
    }

    private bool TryCount(IRawRequest? request, IRawReply? reply, int bytes, long gathered)
    {
        var unread = _sent + gathered - _read;
        var isFull = unread > 0 && unread + bytes > UnreadLimit.MaxBytes;
        var mayBeRefused = request is not null && reply!.MayBeRefused(request);
        return !(mayBeRefused && isFull) && Count(bytes, always: !mayBeRefused || bytes <= UnreadLimit.SmallBytes);
    }

    private bool Count(long bytes, bool always) => _closed || total.TryAdd(bytes, always);

    // Within the lock, so that a mark comes after all that it counts.
    private void Send(IActorRef asker, object message, int bytes)
    {
        _sent += bytes;
        asker.Tell(message, gateway);
        if (_sent - _probed >= ProbeBytes) Ask();
    }

    private void Ask()
    {
        _probed = _sent;
        guardian.Tell(new Identify(_probed), gateway);
    }
}
