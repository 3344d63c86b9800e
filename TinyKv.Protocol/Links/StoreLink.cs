using System.Collections.Concurrent;
using Akka.Actor;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Links;

/// <summary>
/// The gateway of another store, and what it has not answered yet. Requests go many in a message as soon as the store has
/// shown that it knows such messages: an older one would drop them without a word. From any thread.
/// </summary>
internal sealed class StoreLink
{
    // After so long without a question no answer was to be expected.
    private const long PauseMs = 5000;

    // How often a store that has not answered is asked whether it knows messages of many requests.
    private const long ProbeMs = 1000;

    private readonly ConcurrentDictionary<long, ReplyPromise> _waiting = new();
    private readonly IActorRef _gateway;
    private readonly ReplyPaths _paths;
    private readonly TaskScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly Outbox _outbox;
    private readonly LinkReplies _replies;
    private long _sent;
    private long _lastSent;
    private long _silentSince;
    private long _probed = -ProbeMs;
    private volatile bool _takesMany;

    /// <param name="gateway">A reference that was resolved from its path alone, and so outlives restarts of the
    /// store.</param>
    /// <param name="paths">Where replies go to.</param>
    /// <param name="scheduler">Where messages of many requests are made; null: on the thread pool.</param>
    /// <param name="time">The clock; null: that of the machine.</param>
    public StoreLink(
        IActorRef gateway, ReplyPaths paths, TaskScheduler? scheduler = null, TimeProvider? time = null)
    {
        (_gateway, _paths, _scheduler) = (gateway, paths, scheduler ?? TaskScheduler.Default);
        _time = time ?? TimeProvider.System;
        _outbox = new Outbox(StartSending, new MessageWindow(_time));
        _replies = new LinkReplies(paths, Take, NotSent);
    }

    /// <summary>Where the store's system is.</summary>
    public Address Address => _gateway.Path.Address;

    /// <summary>For how long nothing has come back though something was asked.</summary>
    public TimeSpan Silence => Interlocked.Read(ref _silentSince) is var since and not 0
        ? TimeSpan.FromMilliseconds(NowMs - since) : TimeSpan.Zero;

    // From 1 on: 0 is no time.
    private long NowMs => 1 + (long)_time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Sends a request, with others if the store knows that; <see cref="Forget(ILinkCall)"/> what is returned when
    /// it is no longer waited for.</summary>
    /// <param name="request">Not to be changed any more.</param>
    public ILinkCall Call(IRoutedRequest request)
    {
        if (!_takesMany)
        {
            Probe(NowMs);
            return Send(request);
        }
        var call = PendingCall.Of(request);
        _outbox.TryAdd(call);
        return call;
    }

    /// <summary>Sends a message by itself; <see cref="Forget(ILinkCall)"/> what is returned when it is no longer waited
    /// for.</summary>
    public ReplyPromise Send(object message)
    {
        var promise = new ReplyPromise(_paths, this, Interlocked.Increment(ref _sent));
        _waiting[promise.Number] = promise;
        NoteSent(NowMs);
        _gateway.Tell(message, promise);
        return promise;
    }

    /// <summary>Something came back.</summary>
    public void Heard() => Interlocked.Exchange(ref _silentSince, 0);

    /// <summary>Nobody waits any more.</summary>
    public void Forget(ILinkCall call)
    {
        if (call is PendingCall pending) _outbox.Forget(pending);
        else if (call is ReplyPromise promise) Forget(promise);
    }

    /// <summary>Nobody waits any more.</summary>
    public void Forget(ReplyPromise promise)
    {
        _waiting.TryRemove(promise.Number, out _);
        promise.Forget();
    }

    /// <summary>The connection broke: those who wait are told, the first to have asked first.</summary>
    public void Break()
    {
        Heard();
        // Whatever answers next may be of another version.
        _takesMany = false;
        Interlocked.Exchange(ref _probed, -ProbeMs);
        foreach (var (_, promise) in _waiting.ToArray().OrderBy(waiting => waiting.Key)) promise.Broken();
        var (sent, unsent) = _outbox.Break();
        foreach (var call in sent) call.TrySetException(Lost());
        foreach (var call in unsent) call.TrySetException(Unreached());
    }

    /// <summary>Nothing is asked any more.</summary>
    public void Close()
    {
        Break();
        _replies.Forget();
    }

    /// <summary>What a request is told that never left this process.</summary>
    public LinkFailedException Unreached() => Failure("cannot be reached", mayBeDone: false);

    /// <summary>What a request is told whose reply went by a connection that broke.</summary>
    public LinkFailedException Lost() => Failure("has lost the connection", mayBeDone: true);

    private LinkFailedException Failure(string what, bool mayBeDone) =>
        new($"{Address.Host}:{Address.Port} {what}", mayBeDone);

    private void StartSending() => _ = Task.Factory.StartNew(
        static link => ((StoreLink)link!).SendQueued(), this, CancellationToken.None, TaskCreationOptions.None, _scheduler);

    private void SendQueued()
    {
        while (_outbox.Next(out _) is { } envelope) Tell(envelope);
    }

    private void Tell(RequestEnvelope envelope)
    {
        NoteSent(NowMs);
        _gateway.Tell(envelope, _replies);
    }

    private void Probe(long now)
    {
        var last = Interlocked.Read(ref _probed);
        if (now - last >= ProbeMs && Interlocked.CompareExchange(ref _probed, now, last) == last)
            _gateway.Tell(new RequestEnvelope(), _replies);
    }

    private void Take(ReplyEnvelope envelope)
    {
        Heard();
        _takesMany = true;
        _outbox.Take(envelope);
    }

    private void NotSent(RequestEnvelope envelope)
    {
        foreach (var call in _outbox.NotSent(envelope)) call.TrySetException(Unreached());
    }

    private void NoteSent(long now)
    {
        if (now - Interlocked.Exchange(ref _lastSent, now) > PauseMs) Interlocked.Exchange(ref _silentSince, now);
        else Interlocked.CompareExchange(ref _silentSince, now, 0);
    }
}
