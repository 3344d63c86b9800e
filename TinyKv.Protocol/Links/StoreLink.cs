using System.Collections.Concurrent;
using Akka.Actor;

namespace TinyKv.Protocol.Links;

/// <summary>The gateway of another store, and what it has not answered yet. From any thread.</summary>
/// <param name="gateway">A reference that was resolved from its path alone, and so outlives restarts of the
/// store.</param>
/// <param name="provider">The system that asks.</param>
internal sealed class StoreLink(IActorRef gateway, IActorRefProvider provider)
{
    // After so long without a question no answer was to be expected.
    private const long PauseMs = 5000;

    private readonly ConcurrentDictionary<long, ReplyPromise> _waiting = new();
    private long _sent;
    private long _lastSent;
    private long _silentSince;

    /// <summary>Where the store's system is.</summary>
    public Address Address => gateway.Path.Address;

    /// <summary>For how long nothing has come back though something was asked.</summary>
    public TimeSpan Silence => Interlocked.Read(ref _silentSince) is var since and not 0
        ? TimeSpan.FromMilliseconds(Environment.TickCount64 - since) : TimeSpan.Zero;

    /// <summary>Sends a message; <see cref="Forget"/> what is returned when it is no longer waited for.</summary>
    public ReplyPromise Send(object message)
    {
        var promise = new ReplyPromise(provider, this, Interlocked.Increment(ref _sent));
        _waiting[promise.Number] = promise;
        NoteSent(Environment.TickCount64);
        gateway.Tell(message, promise);
        return promise;
    }

    /// <summary>Something came back.</summary>
    public void Heard() => Interlocked.Exchange(ref _silentSince, 0);

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
        foreach (var (_, promise) in _waiting.ToArray().OrderBy(waiting => waiting.Key)) promise.Broken();
    }

    private void NoteSent(long now)
    {
        if (now - Interlocked.Exchange(ref _lastSent, now) > PauseMs) Interlocked.Exchange(ref _silentSince, now);
        else Interlocked.CompareExchange(ref _silentSince, now, 0);
    }
}
