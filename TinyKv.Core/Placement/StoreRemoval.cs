using TinyKv.Core.Placement.Checkers;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement;

/// <summary>
/// Whether a store has no replica left, by what those say that lead regions. Pure: a rule, no state. It is only certain when
/// they lead all regions that there are: when the placement group is among them, and every key is in one of the others.
/// </summary>
public static class StoreRemoval
{
    // Each store of a region comes, votes and goes at most once.
    private const int MaxSteps = 3 * Configuration.MaxMembers;

    /// <summary>Of which regions a store still has replicas, for people; null when it has none, as far as is known.</summary>
    public static string? HeldOf(StoreId store, IEnumerable<ReportedRegion> led)
    {
        var held = Held(store, led).Select(each =>
            $"{NameOf(each.Region)} (peer {each.Region.PeerOn(store)!.Value.Id.Value})").ToList();
        return held.Count == 0 ? null : $"{store} still has replicas: of {string.Join(", of ", held)}";
    }

    /// <summary>Why a store cannot be removed: what it has would have no other place. Null: placement can move it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="view">The cluster, with the regions that the store may have replicas of.</param>
    public static RegistryRefusal? RefusalOf(StoreId store, ClusterView view)
    {
        var without = view with
        {
            Stores = view.Stores.With(view.Stores.Find(store)! with { State = StoreState.Offline }),
            Conditions = view.Conditions.SetItem(store, StoreCondition.Offline),
        };
        var stuck = Held(store, view.Regions).Where(each => !Leaves(store, each, without))
            .Select(each => NameOf(each.Region)).ToList();
        return stuck.Count == 0 ? null : new RegistryRefusal(RegistryRefusalKind.HasReplicas,
            $"{store} has replicas of {string.Join(", ", stuck)}, which have no other place to go: let another store join first, "
            + "or wait until those that have the others are heard");
    }

    /// <summary>Which regions nobody leads of whom is known, so that their members are not known either; empty when all are
    /// led.</summary>
    public static string UnknownOf(IEnumerable<ReportedRegion> led)
    {
        var known = Newest(led).Select(each => each.Region).ToList();
        if (!known.Exists(region => region.Id == RegionId.Placement)) return "of placement";
        // The first key that none of them holds, going up from the first there is.
        ReadOnlyMemory<byte> next = default;
        while (known.Find(region => region.Id != RegionId.Placement && region.Range.Contains(next.Span)) is { } holder)
        {
            if (!holder.Range.IsBounded) return "";
            next = holder.Range.End;
        }
        return $"of the region that holds the key {(next.IsEmpty ? "\"\"" : Convert.ToHexString(next.Span))}";
    }

    private static IEnumerable<ReportedRegion> Held(StoreId store, IEnumerable<ReportedRegion> led) =>
        Newest(led).Where(each => each.Region.PeerOn(store) is not null).OrderBy(each => each.Region.Id.Value);

    // By what would be done, one thing after the other: that something is under way already does not mean that it helps.
    private static bool Leaves(StoreId store, ReportedRegion region, ClusterView view)
    {
        for (var steps = 0; steps < MaxSteps && ReplicaChecker.Check(region, view) is { } next; steps++)
        {
            if (next.Done() is not { } after) return false;
            region = after;
        }
        return region.Region.PeerOn(store) is null;
    }

    private static string NameOf(Region region) => region.Id == RegionId.Placement ? "placement" : $"{region.Id}";

    // Who was deposed may still believe that he leads.
    private static IEnumerable<ReportedRegion> Newest(IEnumerable<ReportedRegion> led) =>
        led.GroupBy(each => each.Region.Id).Select(region => region.MaxBy(each => each.Term)!);
}
