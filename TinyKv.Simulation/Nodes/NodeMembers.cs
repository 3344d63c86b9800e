using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Nodes;

/// <summary>The members that regions had, as stores have applied them, and whether replicas begin and end with them.</summary>
internal sealed class NodeMembers(World world)
{
    private readonly Dictionary<RegionId, SortedDictionary<ulong, (long Index, Region Region)>> _known = [];

    /// <summary>What a store says of a region has changed, with what it has applied of it or without.</summary>
    public void Changed(Machine machine, RegionRecord was, RegionRecord now, long applied, bool hasMoved)
    {
        if (was.State != RegionState.Tombstone && now.State == RegionState.Tombstone) Removed(machine, now, applied, hasMoved);
        else if (hasMoved && was.Region.Epoch != now.Region.Epoch) Note(now.Region, applied);
        world.Marks.HitIf(was.State == RegionState.Tombstone && now.State == RegionState.Applying, NodeMark.ReplicaReturned);
        if (was is not { State: RegionState.Tombstone, JournalBorn: true } || now.JournalBorn) return;
        world.Marks.Hit(NodeMark.JournalErased);
        Require(machine.Disk.IsErased(now.Region.Id, now.Former), $"{machine.Name} calls the journal of {now.Former} erased");
    }

    /// <summary>The members of a region, by the last change that some store has applied.</summary>
    public Region Last(RegionId region) => Of(region).Values.Last().Region;

    /// <summary>No store was removed while a replica there votes in a region.</summary>
    public void RequireNoneRemoved(Region region)
    {
        foreach (var peer in region.Peers.Where(peer => peer.Role == MemberRole.Voter))
            if (world.Cluster.Grants.IsRemoved(peer.Store))
                world.Fail(Rule.RemovedStoresHoldNothing, $"{peer.Store} was removed, and {peer.Id} votes in {region.Id}");
    }

    /// <summary>A store tells a replica that it was removed.</summary>
    public void Told(Machine from, RegionId region, PeerId peer, ulong confVer)
    {
        var isGone = from.Disk.Engine.Catalog.Find(region) is { State: RegionState.Tombstone };
        world.Marks.Hit(isGone ? NodeMark.RemovalToldByTombstone : NodeMark.RemovalTold);
        Require(Lacks(region, peer, confVer), $"{from.Name} tells {peer} that {region} has removed it by {confVer}");
    }

    /// <summary>Whether those that hold something are enough for a leader to call it committed: of the members as of then, or
    /// of some that have followed. A change that nobody has applied yet may be in force, too.</summary>
    /// <param name="region">The region.</param>
    /// <param name="index">Where it stands in the log.</param>
    /// <param name="holders">Who holds it.</param>
    public bool AreEnough(RegionId region, long index, IReadOnlySet<PeerId> holders)
    {
        var known = Of(region).Values.ToList();
        var first = known.FindLastIndex(each => each.Index <= index);
        return known.Skip(first).Any(each => AreEnough(each.Region, holders));
    }

    private bool AreEnough(Region region, IReadOnlySet<PeerId> holders)
    {
        var voters = region.Peers.Where(peer => peer.Role == MemberRole.Voter).Select(peer => peer.Id).ToList();
        var (of, holding) = (voters.Count, voters.Count(holders.Contains));
        if (holding > of / 2) return true;
        if (!world.Cluster.Plan.MovesReplicas) return false;
        var without = of > 1 && holding > (of - 1) / 2;
        var with = holders.Except(voters).Any() && holding + 1 > (of + 1) / 2;
        return without || with;
    }

    private void Removed(Machine machine, RegionRecord now, long applied, bool hasMoved)
    {
        var region = now.Region.Id;
        world.Marks.Hit(hasMoved ? NodeMark.ReplicaRemoved : NodeMark.RemovalLearned);
        world.Marks.HitIf(world.Cluster.Rules.LastLeaderOf(region) == now.Former, NodeMark.LeaderRemoved);
        world.Trace.Add($"{world.Clock} {machine.Name} r{region.Value} {now.Former} is removed by {now.Region.Epoch}");
        if (hasMoved) Note(now.Region, applied);
        Require(Of(region).Any(known => known.Key >= now.Region.Epoch.ConfVer && known.Value.Region.PeerWith(now.Former) is null),
            $"{machine.Name} removes {now.Former} of {region} at {now.Region.Epoch}, and it is a member");
        Require(region == RegionId.Placement || machine.Disk.Engine.DigestOf(region) == 0,
            $"{machine.Name} keeps something of {region}, which was removed");
    }

    private void Note(Region region, long index)
    {
        var known = Of(region.Id);
        if (known.TryGetValue(region.Epoch.ConfVer, out var before))
        {
            if (!before.Region.Peers.SequenceEqual(region.Peers))
                world.FailIfHonest(Rule.SameState, $"the members of {region.Id} by {region.Epoch} differ between stores");
            if (index < before.Index) known[region.Epoch.ConfVer] = (index, region);
            return;
        }
        var last = known.Values.Last().Region;
        world.Marks.HitIf(region.Peers.Length > last.Peers.Length, NodeMark.LearnerAdded);
        world.Marks.HitIf(region.Peers.Length == last.Peers.Length, NodeMark.LearnerPromoted);
        world.Marks.HitIf(region.Id == RegionId.Placement, NodeMark.PlacementMoved);
        foreach (var peer in region.Peers.Where(peer => known.Values.All(each => each.Region.PeerWith(peer.Id) is null)))
            if (world.Cluster.Grants.Add(peer.Id.Value) is { } wrong) world.FailIfHonest(Rule.UniqueIds, $"{peer}: {wrong}");
        known[region.Epoch.ConfVer] = (index, region);
        RequireNoneRemoved(Last(region.Id));
        if (known.TryGetValue(region.Epoch.ConfVer - 1, out var previous)) RequireEnoughLeft(previous.Region, region);
    }

    // Where nobody else removes replicas.
    private void RequireEnoughLeft(Region before, Region after)
    {
        var (had, has) = (Voters(before), Voters(after));
        if (world.Cluster.Plan.StoresComeAndGo && has < Math.Min(had, NodeCluster.Replicas))
            world.Fail(Rule.ReplacedFirst, $"{after.Id} has {has} voters by {after.Epoch}, and had {had}");

        static int Voters(Region region) => region.Peers.Count(peer => peer.Role == MemberRole.Voter);
    }

    private bool Lacks(RegionId region, PeerId peer, ulong confVer) =>
        Of(region).TryGetValue(confVer, out var known) && known.Region.PeerWith(peer) is null;

    private SortedDictionary<ulong, (long Index, Region Region)> Of(RegionId region)
    {
        if (_known.TryGetValue(region, out var known)) return known;
        var first = world.Cluster.Regions.Single(each => each.Id == region);
        return _known[region] = new() { [first.Epoch.ConfVer] = (InitialState.Origin.Index, first) };
    }

    private void Require(bool condition, string otherwise)
    {
        if (!condition) world.FailIfHonest(Rule.RemovalsAreDecided, otherwise);
    }
}
