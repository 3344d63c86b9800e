using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>To the parent: a replica that was split off takes part in its group.</summary>
internal sealed record SplitOffReady(RegionId Region);

// Regions that are split: the replica of the new one begins where the state machine has made it.
internal sealed partial class StoreActor
{
    // The regions whose replicas are not ready yet, and whether this store leads the other half.
    private readonly Dictionary<RegionId, bool> _splitOff = [];
    private readonly HeldPolls _polls = new();

    private void Split(RegionRecord parent, RegionRecord child)
    {
        var region = child.Region.Id;
        _catalog = _catalog.With(parent).With(child);
        TrySet(parent.Region);
        if (_spec.Replica(child) is not { } replica) return;
        _splitOff[region] = _spec.Table.Find(parent.Region.Id)?.Peer is { Change.Role: RoleKind.Leader };
        Add(replica with { IsSplitOff = true });
    }

    // The one on the store that leads the other half stands for election, without waiting until it misses a leader.
    private void DeliverPolls(RegionId region)
    {
        if (!_splitOff.Remove(region, out var stands) || ReplicaOf(region) is not { } replica) return;
        foreach (var poll in _polls.Take(region)) replica.Tell(poll);
        if (stands) replica.Tell(StandForElection.Instance);
    }
}
