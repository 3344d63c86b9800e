using System.Collections.Immutable;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Regions;

/// <summary>
/// What the replicas on this store know of their leaders, readable from any thread. Every region's entry is written
/// by that region's actor alone; readers get a consistent picture of the moment.
/// </summary>
internal sealed class RegionTable
{
    private Content _content = new(null, RegionMap<ReplicaView>.Empty, RegionMap<LocatedRegion>.Empty);

    /// <summary>An entry was replaced; raised by whoever has posted it.</summary>
    public event Action? Posted;

    /// <summary>The replicas: the placement group's, then those with keys by ascending start key.</summary>
    public IEnumerable<ReplicaView> Views
    {
        get
        {
            var (placement, replicas, _) = Volatile.Read(ref _content);
            return placement is null ? replicas.Entries : replicas.Entries.Prepend(placement);
        }
    }

    /// <summary>The regions with keys that have a replica here, or had one, and who leads them as was heard last.</summary>
    public RegionMap<LocatedRegion> Regions => Volatile.Read(ref _content).Regions;

    /// <summary>Whether a region with keys is known, so that requests can be told from those that nobody can serve.</summary>
    public bool KnowsRegions => Regions.Count > 0;

    /// <summary>The replica of a region, if it is on this store.</summary>
    public ReplicaView? Find(RegionId region)
    {
        var content = Volatile.Read(ref _content);
        return region == RegionId.Placement ? content.Placement : content.Replicas.Find(region);
    }

    /// <summary>The replica of the region that a request of the raw API belongs to, if it is on this store.</summary>
    public ReplicaView? Find(IRoutedRequest request) => Volatile.Read(ref _content).Replicas.Find(request);

    /// <summary>Replaces the entry of a region, and makes at the same moment that of one that was split off.</summary>
    public void Post(ReplicaView view, ReplicaView? child = null)
    {
        ImmutableInterlocked.Update(
            ref _content,
            static (content, posted) => posted.child is null ? content.With(posted.view)
                : content.With(posted.view).With(posted.child),
            (view, child));
        Posted?.Invoke();
    }

    /// <summary>Where the region that a request belongs to is, though it has no replica on this store.</summary>
    public LocatedRegion? Locate(IRoutedRequest request) => Regions.Find(request);

    /// <summary>The replica on this store was removed: others have the region, as it is after that.</summary>
    public void Remove(Region region)
    {
        ImmutableInterlocked.Update(ref _content, (content, removed) => content.Without(removed), region);
        Posted?.Invoke();
    }

    /// <summary>Another store has told where a region is. What replicas on this one say counts for more.</summary>
    public void Learn(LocatedRegion region) =>
        ImmutableInterlocked.Update(ref _content, (content, learnt) => content.Knowing(learnt), region);

    // The placement group holds no keys.
    private sealed record Content(
        ReplicaView? Placement, RegionMap<ReplicaView> Replicas, RegionMap<LocatedRegion> Regions)
    {
        public Content With(ReplicaView view) => view.Region.Id == RegionId.Placement ? this with { Placement = view }
            : this with
            {
                Replicas = Replicas.Add(view),
                Regions = Regions.Add(new LocatedRegion(view.Region, view.Peer?.Leader)),
            };

        public Content Without(Region region) => region.Id == RegionId.Placement ? this with { Placement = null }
            : this with
            {
                Replicas = Replicas.Remove(region.Id),
                Regions = Regions.Add(new LocatedRegion(region, LeaderIn(region))),
            };

        public Content Knowing(LocatedRegion learnt) =>
            Replicas.Overlapping(learnt.Region.Range.Start, learnt.Region.Range.End).Any() ? this
                : this with { Regions = Regions.Add(learnt) };

        private Peer? LeaderIn(Region region) =>
            Replicas.Find(region.Id)?.Peer?.Leader is { } leader ? region.PeerWith(leader.Id) : null;
    }
}

/// <summary>A replica; the peer's part is null while it recovers, and when it has stopped for good.</summary>
internal sealed record ReplicaView(Region Region, PeerView? Peer, RegionError.RegionStopped? Stopped = null)
    : IRegionEntry
{
    /// <summary>Whether a split has just made it, so that nobody has missed it yet.</summary>
    public bool IsSplitOff { get; init; }

    /// <summary>Whether the replica knows a leader and has caught up with it, or has had no time to.</summary>
    public bool IsReady => IsSplitOff || Peer is { Leader: not null, CaughtUp: true };
}
