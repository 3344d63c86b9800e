using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Persistence.Engine;

/// <summary>When an engine that was lost can be made anew from the journals of a store.</summary>
public static class EngineRebuild
{
    /// <summary>
    /// The regions, with the replicas, that a store begins with again whose engine is empty; none, where that would not be all
    /// that it began with before: of what a store has got since, only its engine knew.
    /// </summary>
    public static IReadOnlyList<Region> RegionsOf(StoreIdentity identity, StoreRecord record)
    {
        if (identity.Joined is not null) return [];
        var regions = Bootstrap.Regions(record.Initial, record.Replicas);
        return regions.All(region => region.PeerOn(identity.Store) is not null) ? regions : [];
    }

    /// <summary>Whether an engine that does not say whose it is was lost, for good: the store has used one, and cannot make it
    /// anew.</summary>
    /// <param name="identity">Whose the data directory is.</param>
    /// <param name="record">What the store knows.</param>
    /// <param name="isReplicated">Whether there is a journal of all that the engine held.</param>
    public static bool IsLost(StoreIdentity identity, StoreRecord record, bool isReplicated) =>
        identity.Joined is null && isReplicated ? record.IsBootstrapped && RegionsOf(identity, record).Count == 0
            : record.Starts > 0;
}
