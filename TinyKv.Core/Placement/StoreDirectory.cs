using System.Collections.Immutable;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Core.Placement;

/// <summary>
/// The stores of a cluster as placement has written them down: its public face, which every store has a copy of. A
/// directory does not change; what changes it makes another one, with a higher version.
/// </summary>
public sealed class StoreDirectory
{
    private StoreDirectory(
        ulong cluster, uint maxReplicas, long version, ImmutableSortedDictionary<ulong, StoreInfo> stores) =>
        (Cluster, MaxReplicas, Version, Stores) = (cluster, maxReplicas, version, stores);

    /// <summary>Of a cluster that placement has not written down yet.</summary>
    public static StoreDirectory Empty { get; } = new(0, 0, 0, ImmutableSortedDictionary<ulong, StoreInfo>.Empty);

    /// <summary>The cluster's number; 0 before placement knows it.</summary>
    public ulong Cluster { get; }

    /// <summary>How many replicas a region is meant to have.</summary>
    public uint MaxReplicas { get; }

    /// <summary>Rises with every change.</summary>
    public long Version { get; }

    /// <summary>All stores that were ever in the cluster, by their numbers.</summary>
    public ImmutableSortedDictionary<ulong, StoreInfo> Stores { get; }

    /// <summary>Whether placement knows the cluster.</summary>
    public bool IsBootstrapped => Cluster != 0;

    /// <summary>Those that were not removed.</summary>
    public IEnumerable<StoreInfo> Living => Stores.Values.Where(store => store.State != StoreState.Tombstone);

    /// <summary>The stores that the cluster began with, ascending: those that came later were numbered by placement. Whether
    /// they were removed since does not matter.</summary>
    public ImmutableArray<StoreId> Initial =>
        [.. Stores.Keys.Where(store => store < PlacementState.FirstId).Select(store => new StoreId(store))];

    /// <summary>All stores, as far as introductions ask for them.</summary>
    public IEnumerable<RegisteredStore> Registered => Stores.Values.Select(
        store => new RegisteredStore(store.Id, store.Directory, store.State == StoreState.Tombstone));

    /// <summary>The store with a number; null when there never was one.</summary>
    public StoreInfo? Find(StoreId store) => Stores.GetValueOrDefault(store.Value);

    /// <summary>The store with a data directory; null when there never was one.</summary>
    public StoreInfo? Find(DirectoryId directory) => Stores.Values.FirstOrDefault(store => store.Directory == directory);

    /// <summary>The stores that have changed since a version.</summary>
    public IEnumerable<StoreInfo> Since(long version) => Stores.Values.Where(store => store.Version > version);

    /// <summary>The directory of a cluster.</summary>
    /// <param name="cluster">Its number.</param>
    /// <param name="maxReplicas">How many replicas a region is meant to have.</param>
    /// <param name="version">Of the last change.</param>
    /// <param name="stores">Its stores.</param>
    public static StoreDirectory Of(ulong cluster, uint maxReplicas, long version, IEnumerable<StoreInfo> stores) =>
        new(cluster, maxReplicas, version, stores.ToImmutableSortedDictionary(store => store.Id.Value, store => store));

    /// <summary>With what has changed since; the same when a version is not above this one's.</summary>
    public StoreDirectory With(StoreChanges changes)
    {
        if (changes.Version <= Version) return this;
        return new StoreDirectory(changes.Cluster, changes.MaxReplicas, changes.Version, Stores.SetItems(
            changes.Stores.Select(store => KeyValuePair.Create(store.Id.Value, store))));
    }

    /// <summary>What brings a directory of an earlier version to this one.</summary>
    public StoreChanges ChangesSince(long version) => new(Cluster, MaxReplicas, Version, [.. Since(version)]);

    /// <summary>With a store as it is from now on, which changes the version.</summary>
    public StoreDirectory With(StoreInfo store) => new(
        Cluster, MaxReplicas, Version + 1, Stores.SetItem(store.Id.Value, store with { Version = Version + 1 }));

    /// <summary>With another number of replicas, which changes the version.</summary>
    public StoreDirectory With(uint maxReplicas) => new(Cluster, maxReplicas, Version + 1, Stores);
}

/// <summary>How a directory of one version becomes one of a later version.</summary>
/// <param name="Cluster">The cluster's number.</param>
/// <param name="MaxReplicas">How many replicas a region is meant to have.</param>
/// <param name="Version">The later version.</param>
/// <param name="Stores">The stores that have changed, as they are then.</param>
public sealed record StoreChanges(ulong Cluster, uint MaxReplicas, long Version, ImmutableArray<StoreInfo> Stores);
