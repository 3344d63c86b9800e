using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What placement handed out: an id once, a timestamp above every one that was handed out before it was asked for.
/// </summary>
internal sealed class Grants
{
    private readonly HashSet<ulong> _ids = [];
    private readonly SortedDictionary<long, long> _timestamps = [];
    private readonly SortedSet<long> _ends = [];
    private readonly Dictionary<DirectoryId, StoreId> _stores = [];
    private readonly Dictionary<StoreId, StoreInfo> _leaving = [];

    /// <summary>The highest timestamp so far; to be remembered when somebody asks.</summary>
    public long Highest => _ends.Count == 0 ? 0 : _ends.Max;

    /// <summary>Where the windows end that some store has applied, in milliseconds.</summary>
    public long ReservedMs { get; private set; }

    /// <summary>A store has applied a reservation.</summary>
    public void Reserve(long endMs) => ReservedMs = Math.Max(ReservedMs, endMs);

    /// <summary>An id is handed out; what is wrong with it, or null.</summary>
    public string? Add(ulong id) => _ids.Add(id) ? null : $"id {id} is handed out twice";

    /// <summary>Whether a store with a data directory was seen to be registered.</summary>
    public bool IsKnown(DirectoryId directory) => _stores.ContainsKey(directory);

    /// <summary>Whether a store was removed.</summary>
    public bool IsRemoved(StoreId store) => _leaving.GetValueOrDefault(store) is { State: StoreState.Tombstone };

    /// <summary>Whether a store was removed, or is to be.</summary>
    public bool IsLeaving(StoreId store) => _leaving.ContainsKey(store);

    /// <summary>A store keeps the number that it was given, and nothing else was given it; no two have the same address; one
    /// that was removed does not come back.</summary>
    public void Check(World world, StoreDirectory stores)
    {
        foreach (var store in stores.Stores.Values)
        {
            Leaves(world, store);
            if (_stores.TryGetValue(store.Directory, out var known))
            {
                if (known != store.Id) world.FailIfHonest(Rule.UniqueIds, $"{store.Directory} was {known} and is {store.Id}");
                continue;
            }
            _stores[store.Directory] = store.Id;
            if (Add(store.Id.Value) is { } wrong) world.FailIfHonest(Rule.UniqueIds, $"{store.Id}: {wrong}");
        }
        var hosts = stores.Living.Select(store => store.Addresses.Host).ToList();
        if (hosts.Distinct().Count() < hosts.Count)
            world.FailIfHonest(Rule.UniqueIds, $"two stores are at the same host: {string.Join(", ", hosts)}");
    }

    private void Leaves(World world, StoreInfo store)
    {
        if (store.State == StoreState.Up && !_leaving.ContainsKey(store.Id)) return;
        if (_leaving.TryGetValue(store.Id, out var known) && store.Version < known.Version) return;
        if (known is { State: StoreState.Tombstone } && store.State != StoreState.Tombstone)
            world.FailIfHonest(Rule.RemovedStoresEnd, $"{store.Id} was removed and is {store.State}");
        _leaving[store.Id] = store;
        if (store.State == StoreState.Up) _leaving.Remove(store.Id);
    }

    /// <summary>Timestamps are handed out; what is wrong with them, or null.</summary>
    /// <param name="floor">The highest when they were asked for.</param>
    /// <param name="last">The last of them.</param>
    /// <param name="count">How many.</param>
    public string? Add(long floor, Timestamp last, int count)
    {
        var end = (last.Physical << 18) + last.Logical;
        var first = end - count + 1;
        if (first <= floor) return $"timestamp {first} is handed out after {floor}";
        if (_ends.GetViewBetween(first, long.MaxValue) is { Count: > 0 } later && _timestamps[later.Min] <= end)
            return $"timestamps {first} to {end} are handed out twice";
        _ends.Add(end);
        _timestamps[end] = first;
        return null;
    }
}
