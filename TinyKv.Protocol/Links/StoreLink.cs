using System.Collections.Concurrent;
using Akka.Actor;

namespace TinyKv.Protocol.Links;

/// <summary>The gateway of another store, and what it has not answered yet. From any thread.</summary>
/// <param name="gateway">A reference that was resolved from its path alone, and so outlives restarts of the
/// store.</param>
/// <param name="provider">The system that asks.</param>
internal sealed class StoreLink(IActorRef gateway, IActorRefProvider provider)
{
    private readonly ConcurrentDictionary<ReplyPromise, bool> _waiting = new();

    /// <summary>Where the store's system is.</summary>
    public Address Address => gateway.Path.Address;

    /// <summary>Sends a message; <see cref="Forget"/> what is returned when it is no longer waited for.</summary>
    public ReplyPromise Send(object message)
    {
        var promise = new ReplyPromise(provider, Address);
        _waiting[promise] = true;
        gateway.Tell(message, promise);
        return promise;
    }

    /// <summary>Nobody waits any more.</summary>
    public void Forget(ReplyPromise promise)
    {
        _waiting.TryRemove(promise, out _);
        promise.Forget();
    }

    /// <summary>The connection broke.</summary>
    public void Break()
    {
        foreach (var promise in _waiting.Keys) promise.Broken();
    }
}
