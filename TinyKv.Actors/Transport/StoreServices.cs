using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport;

/// <summary>An actor that every store has, this one included, on whichever stores there are.</summary>
/// <param name="all">The actors by the numbers of their stores, at this moment; at least one.</param>
internal sealed class StoreServices(Func<ImmutableSortedDictionary<ulong, IActorRef>> all)
{
    /// <summary>How many stores there are.</summary>
    public int Count => all().Count;

    /// <summary>The actor of a store; null when there is no such store.</summary>
    public IActorRef? On(StoreId store) => all().GetValueOrDefault(store.Value);

    /// <summary>Whether there is such a store.</summary>
    public bool Has(StoreId store) => all().ContainsKey(store.Value);

    /// <summary>The store that follows another, for those who ask all in turn.</summary>
    public StoreId After(StoreId store)
    {
        var stores = all().Keys;
        var after = stores.FirstOrDefault(each => each > store.Value);
        return new StoreId(after != 0 ? after : stores.First());
    }
}
