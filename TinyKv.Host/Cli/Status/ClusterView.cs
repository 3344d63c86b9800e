using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Host.Cli.Status;

/// <summary>One cluster as all of its stores together describe it.</summary>
internal sealed record ClusterView(
    ulong ClusterId, string ClusterName, IReadOnlyList<StoreStatusOrError> Stores, IReadOnlyList<RegionView> Regions)
{
    /// <summary>Whether any store answered.</summary>
    public bool IsKnown => Stores.Any(store => store.Status is not null);

    /// <summary>
    /// Which stores wait for or refuse each other. That a stopped store is missing is no news; that one is refused, or
    /// keeps the cluster from forming, is.
    /// </summary>
    public IEnumerable<Introduction> Introductions => Stores
        .SelectMany(store => store.Status is { } status
            ? status.Acquaintances.Select(other => Introduction.Of(store.StoreId, status.Formed, other)) : [])
        .OfType<Introduction>()
        .DistinctBy(introduction => (introduction.Store, introduction.State, introduction.Other)); // both may tell of it

    /// <summary>Which stores fetch snapshots.</summary>
    public IEnumerable<(ulong Store, SnapshotStatus Snapshot)> Snapshots => Stores
        .SelectMany(store => (store.Status?.Snapshots ?? []).Select(snapshot => (store.StoreId, snapshot)));

    /// <summary>Joins what the stores say; where they differ on a region, the higher term is right.</summary>
    public static ClusterView Of(IReadOnlyList<StoreStatusOrError> stores)
    {
        var answers = stores.Where(store => store.Status is not null).Select(store => store.Status!).ToList();
        var regions = answers.SelectMany(answer => answer.Peers)
            .GroupBy(peer => peer.Region.Id)
            .OrderBy(group => group.Key)
            .Select(group => RegionView.Of([.. group]))
            .ToList();
        return new ClusterView(answers.FirstOrDefault()?.ClusterId ?? 0,
            answers.FirstOrDefault()?.ClusterName ?? "", [.. stores.OrderBy(store => store.StoreId)], regions);
    }
}

/// <summary>A store that has not been introduced to another.</summary>
/// <param name="Store">The store.</param>
/// <param name="State">What it does: <c>waits</c> for the other, or <c>refuses</c> it.</param>
/// <param name="Other">The other store.</param>
/// <param name="Reason">Why.</param>
internal sealed record Introduction(ulong Store, string State, ulong Other, string Reason)
{
    public static Introduction? Of(ulong store, bool isFormed, StoreAcquaintance other) => other.State switch
    {
        "waiting" when !isFormed => new(store, "waits", other.StoreId, other.Reason),
        "refused" => new(store, "refuses", other.StoreId, other.Reason),
        "refuses" => new(other.StoreId, "refuses", store, other.Reason),
        _ => null,
    };
}

/// <summary>One region and those of its replicas that answered.</summary>
internal sealed record RegionView(Region Region, ulong LeaderStore, long Term, IReadOnlyList<PeerStatus> Peers)
{
    /// <summary>What to call it: region 0 holds no keys, it replicates placement's own state.</summary>
    public string Name => Region.Id == 0 ? "placement" : $"{Region.Id}";

    /// <summary>What to call it in a sentence.</summary>
    public string Title => TitleOf(Region.Id);

    /// <summary>What to call a region in a sentence.</summary>
    public static string TitleOf(ulong region) => region == 0 ? "placement" : $"region {region}";

    /// <summary>The replicas that have lost what they acknowledged, by the word of the leader or by their own.</summary>
    public IEnumerable<DataLoss> DataLosses =>
        Peers.SelectMany(peer => peer.DataLosses).DistinctBy(loss => loss.StoreId).OrderBy(loss => loss.StoreId);

    public static RegionView Of(IReadOnlyList<PeerStatus> peers)
    {
        var region = peers.MaxBy(peer => (peer.Region.RegionEpoch?.Version, peer.Region.RegionEpoch?.ConfVer, peer.Term))!.Region;
        var leader = peers.Where(peer => peer.LeaderStoreId != 0).MaxBy(peer => peer.Term)?.LeaderStoreId ?? 0;
        return new RegionView(region, leader, peers.Max(peer => peer.Term),
            [.. peers.Select(peer => AsMember(peer, region)).OrderBy(peer => peer.Peer.StoreId)]);
    }

    // A replica may not have heard yet that it was removed.
    private static PeerStatus AsMember(PeerStatus peer, Region region)
    {
        if (region.Peers.Count == 0 || region.Peers.Any(member => member.Id == peer.Peer.Id)) return peer;
        return new PeerStatus(peer) { Role = "removed" };
    }
}
