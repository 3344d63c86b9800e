using System.Collections.Concurrent;
using Akka.Actor;

namespace TinyKv.Protocol.Links;

/// <summary>The gateway of another store, and what it has not answered yet. From any thread.</summary>
/// <param name="gateway">A reference that was resolved from its path alone, and so outlives restarts of the
/// store.</param>
/// <param name="provider">The system that asks.</param>
internal sealed class StoreLink(IActorRef gateway, IActorRefProvider provider)
{
    private readonly ConcurrentDictionary<long, ReplyPromise> _waiting = new();
    private long _sent;

    /// <summary>Where the store's system is.</summary>
    public Address Address => gateway.Path.Address;

    /// <summary>Sends a message; <see cref="Forget"/> what is returned when it is no longer waited for.</summary>
    public ReplyPromise Send(object message)
    {
        var promise = new ReplyPromise(provider, Address, Interlocked.Increment(ref _sent));
        _waiting[promise.Number] = promise;
        gateway.Tell(message, promise);
        return promise;
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
        foreach (var (_, promise) in _waiting.ToArray().OrderBy(waiting => waiting.Key)) promise.Broken();
    }
}
