using Akka.Actor;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport;

/// <summary>An actor of another store, wherever that is at the moment.</summary>
internal sealed class PeerRef : MinimalActorRef
{
    private readonly StorePeers _peers;
    private readonly StoreId _store;
    private readonly Func<StoreAddresses, IActorRef> _at;
    private volatile Resolved _last;

    /// <param name="peers">Knows where the store is.</param>
    /// <param name="store">The store.</param>
    /// <param name="at">The actor of a store that is at a place.</param>
    public PeerRef(StorePeers peers, StorePeer store, Func<StoreAddresses, IActorRef> at)
    {
        (_peers, _store, _at) = (peers, store.Id, at);
        _last = new Resolved(store.Current, at(store.Current));
    }

    /// <inheritdoc/>
    public override ActorPath Path => Actor.Path;

    /// <inheritdoc/>
    public override IActorRefProvider Provider => ((IInternalActorRef)Actor).Provider;

    // Of one that was removed: where it was.
    private IActorRef Actor
    {
        get
        {
            var last = _last;
            if (_peers.Find(_store)?.Current is not { } place || place == last.Place) return last.Actor;
            return (_last = new Resolved(place, _at(place))).Actor;
        }
    }

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => Actor.Tell(message, sender);

    private sealed record Resolved(StoreAddresses Place, IActorRef Actor);
}
