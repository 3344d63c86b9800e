using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport;

/// <summary>Another store of the cluster.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Places">Where it may be: where it was heard last or is believed to be, then where else.</param>
internal sealed record StorePeer(StoreId Id, ImmutableArray<StoreAddresses> Places)
{
    /// <summary>Where it is spoken to.</summary>
    public StoreAddresses Current => Places[0];
}

/// <summary>What has changed of the other stores.</summary>
/// <param name="Added">Those that there are now.</param>
/// <param name="Moved">Those that are elsewhere now.</param>
/// <param name="Removed">Those that there are no more.</param>
internal sealed record StorePeersChange(
    ImmutableArray<StoreId> Added, ImmutableArray<StoreId> Moved, ImmutableArray<StoreId> Removed);

/// <summary>
/// The other stores, and where they are: those of the configuration, and over them what placement says. Whatever has
/// something to say to other stores, or takes something from them, goes by this. From any thread.
/// </summary>
/// <remarks>
/// An initial store that placement knows elsewhere than the configuration may be at either place: which of the two is older is
/// not known. It is listened to at both, and spoken to where the configuration says, which was read last, until placement says
/// something new or it is heard at the other.
/// </remarks>
internal sealed class StorePeers
{
    private readonly StoreId _self;
    private readonly ImmutableSortedDictionary<ulong, StoreAddresses> _configured;
    private readonly Lock _lock = new(); // held while changes are told, so that they are told in order
    private volatile Content _content;

    /// <param name="self">This store, which is none of them.</param>
    /// <param name="configured">Where the configuration says that the initial stores are.</param>
    /// <param name="directory">What placement has said so far.</param>
    public StorePeers(
        StoreId self, IEnumerable<KeyValuePair<StoreId, StoreAddresses>> configured, StoreDirectory directory)
    {
        _self = self;
        _configured = configured.Where(store => store.Key != self)
            .ToImmutableSortedDictionary(store => store.Key.Value, store => store.Value);
        _content = With(Content.Empty, directory);
    }

    /// <summary>Placement has said something new, or a store was heard elsewhere; raised by whoever has told it.</summary>
    public event Action<StorePeersChange>? Changed;

    /// <summary>The other stores, by their numbers.</summary>
    public ImmutableSortedDictionary<ulong, StorePeer> All => _content.Stores;

    /// <summary>The other store with a number; null when there is none.</summary>
    public StorePeer? Find(StoreId store) => _content.Stores.GetValueOrDefault(store.Value);

    /// <summary>Whether another store's remoting is there, or was when it was removed: who comes back is to be told so.</summary>
    public bool IsStore(Address address) =>
        address is { Host: { } host, Port: { } port } && _content.Remoting.Contains((host, port));

    /// <summary>Whether a store's remoting was there when it was removed, and no other store's is now.</summary>
    public bool IsRemoved(Address address)
    {
        var content = _content;
        return IsStore(address) && !content.Stores.Values.SelectMany(store => store.Places)
            .Concat(content.Directory.Find(_self) is { } own ? [own.Addresses] : [])
            .Any(place => (place.Host, place.RemotingPort) == (address.Host, address.Port));
    }

    /// <summary>Placement says which stores there are. What is older than what it has said before changes nothing.</summary>
    public void Follow(StoreDirectory directory)
    {
        lock (_lock)
        {
            var before = _content;
            if (directory.Version <= before.Directory.Version) return;
            _content = With(before, directory);
            Changed?.Invoke(Compare(before.Stores, _content.Stores));
        }
    }

    /// <summary>A store was heard at one of its places, where it is spoken to from now on.</summary>
    public void Heard(StoreId store, int place)
    {
        lock (_lock)
        {
            if (Find(store) is not { } known || place <= 0 || place >= known.Places.Length) return;
            var moved = known with { Places = [known.Places[place], .. known.Places.RemoveAt(place)] };
            _content = _content with { Stores = _content.Stores.SetItem(store.Value, moved) };
            Changed?.Invoke(new StorePeersChange([], [store], []));
        }
    }

    private Content With(Content before, StoreDirectory directory)
    {
        var stores = ImmutableSortedDictionary.CreateBuilder<ulong, StorePeer>();
        foreach (var (id, configured) in _configured)
            if (directory.Find(new StoreId(id)) is null) stores[id] = new StorePeer(new StoreId(id), [configured]);
        foreach (var known in directory.Living)
            if (known.Id != _self) stores[known.Id.Value] = new StorePeer(known.Id, PlacesOf(before, known));
        var gone = directory.Stores.Values.Where(store => store.State == StoreState.Tombstone && store.Id != _self)
            .Select(store => store.Addresses);
        return new Content(directory, stores.ToImmutable(),
            [.. stores.Values.SelectMany(store => store.Places).Concat(gone).Select(place => (place.Host, place.RemotingPort))]);
    }

    private ImmutableArray<StoreAddresses> PlacesOf(Content before, StoreInfo store)
    {
        var places = new List<StoreAddresses>();
        // What it says now and has not said before is the newest there is.
        if (before.Directory.Find(store.Id) is { } earlier && earlier.Addresses != store.Addresses) places.Add(store.Addresses);
        else if (before.Stores.TryGetValue(store.Id.Value, out var known)) places.Add(known.Current);
        if (_configured.TryGetValue(store.Id.Value, out var configured)) places.Add(configured);
        places.Add(store.Addresses);
        return [.. places.Distinct()];
    }

    private static StorePeersChange Compare(
        ImmutableSortedDictionary<ulong, StorePeer> before, ImmutableSortedDictionary<ulong, StorePeer> after) => new(
        [.. after.Values.Where(store => !before.ContainsKey(store.Id.Value)).Select(store => store.Id)],
        [.. after.Values.Where(store => before.TryGetValue(store.Id.Value, out var known) && known.Current != store.Current)
            .Select(store => store.Id)],
        [.. before.Values.Where(store => !after.ContainsKey(store.Id.Value)).Select(store => store.Id)]);

    private sealed record Content(
        StoreDirectory Directory, ImmutableSortedDictionary<ulong, StorePeer> Stores,
        ImmutableHashSet<(string Host, int Port)> Remoting)
    {
        public static Content Empty { get; } = new(StoreDirectory.Empty, ImmutableSortedDictionary<ulong, StorePeer>.Empty, []);
    }
}
