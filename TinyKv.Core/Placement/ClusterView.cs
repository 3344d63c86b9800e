using System.Collections.Immutable;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>A region as its leader has reported it.</summary>
/// <param name="Region">The region, as of what the leader has applied.</param>
/// <param name="Leader">The store that leads it.</param>
/// <param name="Term">The term in which it does.</param>
public sealed record ReportedRegion(Region Region, StoreId Leader, long Term)
{
    /// <summary>Whether this is later than what was reported before: first by the epoch, which only what is committed changes;
    /// a leader of a later term may not have applied that yet.</summary>
    public bool IsNewerThan(ReportedRegion other) =>
        Region.Epoch.IsNewerThan(other.Region.Epoch) || (Region.Epoch == other.Region.Epoch && Term >= other.Term);
}

/// <summary>What the leader of placement knows of the cluster at one moment: what decisions are made from.</summary>
/// <param name="Stores">The stores.</param>
/// <param name="Conditions">How each of them is.</param>
/// <param name="RegionCounts">How many replicas a store has, as it says; only of those that were heard in this leader's term:
/// others may never have been there.</param>
/// <param name="Regions">The regions whose leaders were heard in this leader's term, the placement group among them.</param>
public sealed record ClusterView(
    StoreDirectory Stores, ImmutableDictionary<StoreId, StoreCondition> Conditions,
    ImmutableDictionary<StoreId, int> RegionCounts, ImmutableArray<ReportedRegion> Regions)
{
    /// <summary>How a store is; one that is not in the cluster was removed.</summary>
    public StoreCondition ConditionOf(StoreId store) => Conditions.GetValueOrDefault(store, StoreCondition.Tombstone);
}
