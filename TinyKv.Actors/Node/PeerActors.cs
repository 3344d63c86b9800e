using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Node;

/// <summary>The actors of the other stores, by references that outlive restarts and moves of theirs. From any thread.</summary>
/// <param name="peers">The other stores.</param>
/// <param name="remote">Where an actor of a store is, by its name.</param>
/// <param name="over">What stands between this store and an actor of another.</param>
internal sealed class PeerActors(
    StorePeers peers, Func<StoreAddress, string, IActorRef> remote, Func<StoreId, IActorRef, IActorRef> over)
{
    private readonly ConcurrentDictionary<(StoreId Store, string Actor), IActorRef> _actors = new();
    private readonly ConcurrentDictionary<(StoreId Store, string Actor, StoreAddresses Place), IActorRef> _places = new();

    /// <summary>An actor of a store; null when there is no such store.</summary>
    public IActorRef? Find(StoreId store, string actor) =>
        peers.Find(store) is { } peer ? Find(peer, actor) : null;

    /// <summary>An actor of a store, one reference for each place where that may be, first where it is spoken to; empty when
    /// there is no such store.</summary>
    public IReadOnlyList<IActorRef> At(StoreId store, string actor) =>
        [.. (peers.Find(store)?.Places ?? []).Select(place => At(store, actor, place))];

    /// <summary>An actor that every store has.</summary>
    /// <param name="actor">Its name.</param>
    /// <param name="self">This store.</param>
    /// <param name="here">The actor here.</param>
    public StoreServices OnAll(string actor, StoreId self, IActorRef here)
    {
        Everywhere? last = null;
        return new StoreServices(() =>
        {
            var (all, known) = (peers.All, Volatile.Read(ref last));
            if (known is not null && ReferenceEquals(known.Peers, all)) return known.Actors;
            var actors = all.ToImmutableSortedDictionary(peer => peer.Key, peer => Find(peer.Value, actor))
                .Add(self.Value, here);
            Volatile.Write(ref last, new Everywhere(all, actors));
            return actors;
        });
    }

    private IActorRef Find(StorePeer peer, string actor) => _actors.GetOrAdd(
        (peer.Id, actor), _ => new PeerRef(peers, peer, place => At(peer.Id, actor, place)));

    private IActorRef At(StoreId store, string actor, StoreAddresses place) => _places.GetOrAdd(
        (store, actor, place), _ => over(store, remote(StoreAddress.Of(store, place), actor)));

    /// <summary>An actor of all stores, for as long as the stores are the same.</summary>
    private sealed record Everywhere(
        ImmutableSortedDictionary<ulong, StorePeer> Peers, ImmutableSortedDictionary<ulong, IActorRef> Actors);
}
