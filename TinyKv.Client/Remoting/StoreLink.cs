using System.Collections.Concurrent;
using Akka.Actor;

namespace TinyKv.Client.Remoting;

/// <summary>The gateway of one store, and what it has not answered yet.</summary>
internal sealed class StoreLink(IActorRefProvider provider, string address)
{
    // As the stores name their actor systems.
    private const string StoreSystem = "tinykv";

    // Resolved from its path alone, the reference outlives restarts of the store.
    private readonly IActorRef _gateway =
        provider.ResolveActorRef($"akka.tcp://{StoreSystem}@{address}/user/gateway");

    private readonly ConcurrentDictionary<ReplyPromise, bool> _waiting = new();

    /// <summary>Sends a message; <see cref="Forget"/> what is returned when it is no longer waited for.</summary>
    public ReplyPromise Send(object message)
    {
        var promise = new ReplyPromise(provider, address);
        _waiting[promise] = true;
        _gateway.Tell(message, promise);
        return promise;
    }

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
