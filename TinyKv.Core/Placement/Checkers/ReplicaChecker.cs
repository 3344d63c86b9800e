using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Placement.Checkers;

/// <summary>A change that a region needs.</summary>
/// <param name="Region">The region, and where its leader is.</param>
/// <param name="Goal">What a store shall be in it.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record ReplicaOperator(ReportedRegion Region, MemberGoal Goal, string Reason)
{
    /// <summary>The region when the next step towards the goal is made, with some number for a new replica; null when there is
    /// no step, or not one that is accepted.</summary>
    public ReportedRegion? Done()
    {
        var members = Region.Region.ToConfiguration();
        var change = Goal.Next(members);
        if (change is ConfChange.AddLearner(_, var store))
            change = new ConfChange.AddLearner(new PeerId(members.Members[^1].Id.Value + 1), store);
        return change?.Apply(members) is ConfChangeOutcome.Accepted { Next: var after }
            ? Region with { Region = Region.Region.With(after) } : null;
    }
}

/// <summary>
/// Whether regions are where they are meant to be: on as many stores as the cluster's configuration says, none of which is
/// about to leave or has not been heard for very long. One change at a time for each region, and a new replica before an old
/// one goes. Where nothing better is possible nothing is done.
/// </summary>
public static class ReplicaChecker
{
    /// <summary>What is to be done next, at most one thing for each region.</summary>
    public static ImmutableArray<ReplicaOperator> Check(ClusterView view) =>
        [.. view.Regions.Select(region => Check(region, view)).OfType<ReplicaOperator>()];

    /// <summary>What is to be done next for one of the regions; null: nothing, or nothing that is possible.</summary>
    public static ReplicaOperator? Check(ReportedRegion reported, ClusterView view)
    {
        var region = reported.Region;
        // What was begun is finished first.
        foreach (var learner in region.Peers.Where(peer => peer.Role == MemberRole.Learner))
        {
            return view.ConditionOf(learner.Store) == StoreCondition.Up
                ? New(new MemberGoal.Voter(learner.Store, PeerId.None), $"{learner.Store} has a replica that does not vote yet")
                : New(new MemberGoal.None(learner.Store), $"{learner.Store} is {view.ConditionOf(learner.Store)}");
        }
        var (staying, wanted) = (region.Peers.Count(peer => Stays(peer, view)), Wanted(region, view));
        if (staying < wanted && Candidate(region, view) is { } store)
            return New(new MemberGoal.Voter(store, PeerId.None), $"only {staying} of {wanted} are where they stay");
        if (staying < Math.Min(wanted, view.Stores.MaxReplicas)) return null;
        var gone = region.Peers.FirstOrDefault(peer => !Stays(peer, view) && MayGo(peer, region, view));
        return gone.Id == PeerId.None ? null
            : New(new MemberGoal.None(gone.Store), $"{gone.Store} is {view.ConditionOf(gone.Store)}");

        ReplicaOperator New(MemberGoal goal, string reason) => new(reported, goal, reason);
    }

    private static int Wanted(Region region, ClusterView view)
    {
        var configured = (int)view.Stores.MaxReplicas;
        return region.Id != RegionId.Placement ? configured
            : PlacementGroup.Size(view.Stores.Stores.Keys.Count(store => IsThere(new StoreId(store), view)), configured);
    }

    // A store that is away for a while keeps its replica.
    private static bool Stays(Peer peer, ClusterView view) => IsThere(peer.Store, view);

    private static bool IsThere(StoreId store, ClusterView view) =>
        view.ConditionOf(store) is StoreCondition.Up or StoreCondition.Disconnected;

    // The others that are heard must be a majority without it.
    private static bool MayGo(Peer peer, Region region, ClusterView view)
    {
        var others = region.Peers.Where(other => other.Id != peer.Id && other.Role == MemberRole.Voter).ToList();
        return others.Count(other => view.ConditionOf(other.Store) == StoreCondition.Up) > others.Count / 2;
    }

    private static StoreId? Candidate(Region region, ClusterView view)
    {
        var free = view.Stores.Stores.Values.Select(store => store.Id)
            .Where(store => view.ConditionOf(store) == StoreCondition.Up && view.RegionCounts.ContainsKey(store)
                && region.PeerOn(store) is null)
            .OrderBy(store => view.RegionCounts[store]).ThenBy(store => store.Value).ToList();
        return free.Count > 0 ? free[0] : null;
    }
}
