using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Core.Regions;

/// <summary>
/// Whether a request is meant for this replica, and knows the region as it is. The order of the checks is TinyKV's:
/// store, leadership, peer, term, epoch, keys.
/// </summary>
public static class Admission
{
    /// <summary>The check that comes before leadership is asked for.</summary>
    public static RegionError? WrongStore(RequestContext? context, Peer self)
    {
        if (context is null || context.Peer?.Store == self.Store) return null;
        return new RegionError.StoreNotMatch(context.Peer?.Store ?? StoreId.None, self.Store);
    }

    /// <summary>The checks that the leader makes, in <paramref name="term"/>, before it looks at keys.</summary>
    public static RegionError? OnLeader(RequestContext? context, Region region, Peer self, long term)
    {
        if (context is null) return null;
        if (WrongStore(context, self) is { } wrongStore) return wrongStore;
        if (context.Peer?.Id != self.Id) return new RegionError.RegionNotFound(region.Id);
        // One term behind is served: the caller may not have heard of a leader's re-election.
        if (context.Term != 0 && term > context.Term + 1) return new RegionError.StaleCommand();
        return context.Epoch?.Version == region.Epoch.Version ? null : new RegionError.EpochNotMatch([region]);
    }

    /// <summary>The first key of a command that is not the region's; of a range, one of its bounds.</summary>
    public static RegionError? KeyOutside(Region region, IReadOnlyList<Modify> batch, Condition? condition)
    {
        if (condition is not null && !region.Range.Contains(condition.Key.Span))
            return new RegionError.KeyNotInRegion(condition.Key, region);
        foreach (var modify in batch)
        {
            if (!region.Range.Contains(modify.Key.Span)) return new RegionError.KeyNotInRegion(modify.Key, region);
            if (modify is Modify.DeleteRange(_, { IsBounded: true } range) && EndsAfter(range, region.Range))
                return new RegionError.KeyNotInRegion(range.End, region);
        }
        return null;
    }

    private static bool EndsAfter(KeyRange range, KeyRange region) =>
        region.IsBounded && range.End.Span.SequenceCompareTo(region.End.Span) > 0;
}
