using Akka.Actor;
using Google.Protobuf;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// Carries messages to one other store, over a connection that it makes, and makes again when it ends. Who tells it one
/// never waits: what the connection does not take at once waits here, up to a bound; what is beyond that is lost, and so is
/// what is said to Raft while there is no connection. A connection for bulk is made when there is something to say, which
/// waits for it. In this direction only: the other store makes a connection of its own.
/// </summary>
internal sealed class OutboundLink : MinimalActorRef
{
    private readonly LinkSpec _spec;
    private readonly LinkRules _rules;
    private readonly LinkReport _report;
    private readonly StoreId _store;
    private readonly LinkTraffic _traffic;
    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _waiting = new();
    private long _waitingBytes;
    private Stream? _connection; // whatever state it is in
    private volatile Stream? _open;
    private bool _isWriting;
    private long? _missingSince; // when the last connection that lasted has ended
    private volatile bool _isWanted; // another connection, without a pause
    private volatile bool _hasEnded;
    private bool _hasBegun; // of bulk: with the first that is said
    private TaskCompletionSource _wanted = NewSignal();

    /// <param name="spec">What all connections are made from.</param>
    /// <param name="rules">Who may answer.</param>
    /// <param name="report">Is told what becomes of it.</param>
    /// <param name="store">The other store.</param>
    /// <param name="remote">The transport of that store, whose place this takes.</param>
    /// <param name="traffic">What it carries.</param>
    public OutboundLink(
        LinkSpec spec, LinkRules rules, LinkReport report, StoreId store, IActorRef remote, LinkTraffic traffic)
    {
        (_spec, _rules, _report, _store, _traffic) = (spec, rules, report, store, traffic);
        (Path, Provider) = (remote.Path, ((IInternalActorRef)remote).Provider);
    }

    /// <inheritdoc/>
    public override ActorPath Path { get; }

    /// <inheritdoc/>
    public override IActorRefProvider Provider { get; }

    /// <summary>Ends the connection, whatever state it is in, and makes another; the first as soon as the store is
    /// accepted.</summary>
    public void Reconnect()
    {
        lock (_lock)
        {
            _connection?.Close();
            Leave(); // what is said from now on is for the next one
            _isWanted = true;
            _wanted.TrySetResult();
        }
    }

    /// <summary>Ends the connection; there will be no other.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _connection?.Close();
            _wanted.TrySetResult();
        }
    }

    /// <summary>Connects, and again whenever a connection ends, for as long as there is a store to connect to.</summary>
    public async Task RunAsync()
    {
        var pause = _spec.ShortestPause;
        while (!_hasEnded)
        {
            var mayConnect = _rules.AcceptedOf(_store) != 0 && (_traffic == LinkTraffic.Raft || HasWaiting);
            var lasted = mayConnect ? await TryAsync() : null;
            if (lasted is not null) pause = _spec.ShortestPause;
            // The other side counts the time until it hears this store again.
            if (lasted >= _spec.Lasting) continue;
            if (await IsWantedWithinAsync(mayConnect ? pause : Timeout.InfiniteTimeSpan)) pause = _spec.ShortestPause;
            else pause = pause * 2 < _spec.LongestPause ? pause * 2 : _spec.LongestPause;
        }
    }

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not (RaftBatch or SnapshotMessage)) return;
        var frame = _open is null && _traffic == LinkTraffic.Raft ? null : Frame.Of((IMessage)message);
        lock (_lock)
        {
            if (frame is null || (_open is null && _traffic == LinkTraffic.Raft)) _report.Unsent();
            else if (_open is { } open && !_isWriting) Write(open, frame);
            else if (_waitingBytes > 0 && _waitingBytes + frame.Length > _spec.MaxWaitingBytes) _report.Unsent();
            else Wait(frame);
        }
    }

    private bool HasWaiting
    {
        get
        {
            lock (_lock) return _waiting.Count > 0;
        }
    }

    private void Wait(byte[] frame)
    {
        _waiting.Enqueue(frame);
        _waitingBytes += frame.Length;
        if (_connection is not null) return;
        if (!_hasBegun) _spec.Run(RunAsync);
        (_hasBegun, _isWanted) = (true, true);
        _wanted.TrySetResult();
    }

    // On the thread of whoever has something to say: as long as the connection takes it at once, no other is woken.
    private void Write(Stream open, byte[] frame)
    {
        try
        {
            var writing = open.WriteAsync(frame);
            if (writing.IsCompletedSuccessfully) return;
            _isWriting = true;
            _ = WriteWaitingAsync(open, writing);
        }
        catch (Exception e) when (IsBreak(e))
        {
            open.Close();
            _open = null;
        }
    }

    private async Task WriteWaitingAsync(Stream open, ValueTask writing)
    {
        try
        {
            while (true)
            {
                await writing;
                if (NextOf(open) is not { } frame) return;
                writing = open.WriteAsync(frame);
            }
        }
        catch (Exception e)
        {
            // Who reads from it notices.
            open.Close();
            if (!IsBreak(e)) _report.Failed($"the connection to {_store}", e);
        }
    }

    private byte[]? NextOf(Stream open)
    {
        lock (_lock)
        {
            if (_open != open) return null;
            if (!_waiting.TryDequeue(out var frame))
            {
                _isWriting = false;
                return null;
            }
            _waitingBytes -= frame.Length;
            return frame;
        }
    }

    // How long it was of use; null when it was not. However many are made that do not last, the store is not heard.
    private async Task<TimeSpan?> TryAsync()
    {
        _missingSince ??= _spec.Time.GetTimestamp();
        var (opened, why) = await UseConnectionAsync();
        TimeSpan? lasted = opened is { } at ? _spec.Time.GetElapsedTime(at) : null;
        if (lasted >= _spec.Lasting) _missingSince = _spec.Time.GetTimestamp();
        if (!_hasEnded && !_isWanted && _spec.Time.GetElapsedTime(_missingSince.Value) is var missing && missing >= _spec.Lasting)
            _report.Missing(_store, missing, why);
        return lasted;
    }

    // When it could be used, if ever, and why it has ended.
    private async Task<(long? Opened, string Why)> UseConnectionAsync()
    {
        Stream? connection = null;
        long? opened = null;
        var why = "it hung up";
        try
        {
            connection = await ConnectAsync();
            if (!Take(connection)) return (null, why);
            using var limit = new CancellationTokenSource(_spec.HelloTimeout, _spec.Time);
            var reader = new FrameReader(connection);
            await connection.WriteAsync(Frame.Of(_rules.HelloTo(_store, _traffic)), limit.Token);
            var answer = await reader.ReadAsync(LinkRules.MaxHelloBytes, limit.Token);
            var refusal = answer is null ? why : _rules.JudgeAnswer(_store, _traffic, Hello.Parse(answer));
            if (refusal.Length > 0) return (null, why = refusal);
            if (!Open(connection)) return (null, why = "it was given up");
            opened = _spec.Time.GetTimestamp();
            _report.Connected(_store);
            // Nothing more is said in this direction: whatever is read, it is over.
            await reader.ReadAsync(LinkRules.MaxHelloBytes, CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            why = "it did not answer in time";
        }
        catch (Exception e) when (IsBreak(e) || e is MalformedMessageException)
        {
            why = e.Message;
        }
        catch (Exception e)
        {
            // Whatever it is: another connection may do better, and without one this store is not heard.
            why = e.Message;
            _report.Failed($"the connection to {_store}", e);
        }
        finally
        {
            Close(connection);
            _report.Ended(_store, why);
        }
        return (opened, why);
    }

    private async Task<Stream> ConnectAsync()
    {
        using var limit = new CancellationTokenSource(_spec.ConnectTimeout, _spec.Time);
        return await _spec.Network.ConnectAsync(_store, limit.Token);
    }

    private bool Take(Stream connection)
    {
        lock (_lock)
        {
            _connection = connection;
            return !_hasEnded;
        }
    }

    private bool Open(Stream connection)
    {
        lock (_lock)
        {
            if (_connection != connection) return false;
            (_open, _isWriting) = (connection, _waiting.Count > 0);
            if (_isWriting) _ = WriteWaitingAsync(connection, ValueTask.CompletedTask);
            return true;
        }
    }

    private void Close(Stream? connection)
    {
        lock (_lock)
        {
            if (_connection == connection) Leave();
        }
        connection?.Close();
    }

    // What waits is lost with the connection that it waited for.
    private void Leave()
    {
        (_connection, _open, _isWriting, _waitingBytes) = (null, null, false, 0);
        _waiting.Clear();
    }

    private async Task<bool> IsWantedWithinAsync(TimeSpan pause)
    {
        var over = NewSignal();
        lock (_lock)
        {
            if (!_isWanted && !_hasEnded) _wanted = over;
            else over.SetResult();
        }
        await using (_spec.Time.CreateTimer(_ => over.TrySetResult(), null, pause, Timeout.InfiniteTimeSpan)) await over.Task;
        lock (_lock)
        {
            var isWanted = _isWanted;
            _isWanted = false;
            return isWanted;
        }
    }

    private static bool IsBreak(Exception e) => e is IOException or ObjectDisposedException;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
