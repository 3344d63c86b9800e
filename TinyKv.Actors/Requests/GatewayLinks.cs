using System.Collections.Concurrent;
using Akka.Actor;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Requests;

/// <summary>The gateways of the other stores, and what each has not answered yet. From any thread.</summary>
/// <param name="make">What there is to be said to a store by; null when there is no such store.</param>
internal sealed class GatewayLinks(Func<StoreId, StoreLink?> make)
{
    private readonly ConcurrentDictionary<StoreId, StoreLink> _links = new();
    private readonly Lock _making = new();

    /// <summary>The gateway of a store; null when there is no such store.</summary>
    public StoreLink? To(StoreId store)
    {
        if (_links.TryGetValue(store, out var known)) return known;
        lock (_making)
        {
            if (_links.TryGetValue(store, out known)) return known;
            return make(store) is { } link ? _links[store] = link : null;
        }
    }

    /// <summary>A connection to another system broke: what went by it is not waited for any more.</summary>
    public void Broke(Address system)
    {
        foreach (var link in _links.Values)
            if (link.Address == system) link.Break();
    }

    /// <summary>A store was removed: nobody waits for it any more.</summary>
    public void Remove(StoreId store)
    {
        lock (_making)
            if (_links.TryRemove(store, out var link)) link.Close();
    }
}
