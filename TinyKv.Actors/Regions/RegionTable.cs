using System.Collections.Immutable;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.V1;

namespace TinyKv.Actors.Regions;

/// <summary>
/// What the replicas on this store know of their leaders, readable from any thread. Every region's entry is written
/// by that region's actor alone; readers get a consistent picture of the moment.
/// </summary>
internal sealed class RegionTable
{
    private ImmutableSortedDictionary<ulong, ReplicaView> _views = ImmutableSortedDictionary<ulong, ReplicaView>.Empty;

    /// <summary>An entry was replaced; raised by whoever has posted it.</summary>
    public event Action? Posted;

    /// <summary>The replicas by ascending region.</summary>
    public IEnumerable<ReplicaView> Views => Volatile.Read(ref _views).Values;

    /// <summary>The replica of a region, if it is on this store.</summary>
    public ReplicaView? Find(RegionId region) => Volatile.Read(ref _views).GetValueOrDefault(region.Value);

    /// <summary>The replica of the region that a request of the raw API belongs to, if it is on this store.</summary>
    public ReplicaView? Find(IRawRequest request)
    {
        var key = request.RoutingKey.Span;
        var below = request is ScanRequest { Reverse: true };
        foreach (var view in Views)
        {
            if (view.Region.Id == RegionId.Placement) continue;
            if (below ? view.Region.Range.ContainsBelow(key) : view.Region.Range.Contains(key)) return view;
        }
        return null;
    }

    /// <summary>Replaces the entry of a region.</summary>
    public void Post(ReplicaView view)
    {
        ImmutableInterlocked.Update(ref _views, (views, added) => views.SetItem(added.Region.Id.Value, added), view);
        Posted?.Invoke();
    }
}

/// <summary>A replica; the peer's part is null while it recovers, and when it has stopped for good.</summary>
internal sealed record ReplicaView(Region Region, PeerView? Peer, RegionError.RegionStopped? Stopped = null)
{
    /// <summary>Whether the replica knows a leader and has caught up with it.</summary>
    public bool IsReady => Peer is { Leader: not null, CaughtUp: true };
}
