using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Regions;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Testing.Processes;

/// <summary>Where the replicas of regions are, as their leaders know.</summary>
internal static class Replicas
{
    /// <summary>The number of the replica that votes on a store; 0: there is none.</summary>
    public static async Task<ulong> PeerAsync(
        this TinyKvClient client, RegionId region, ulong store, CancellationToken cancellation) =>
        (await VotersAsync(client, region, cancellation)).FirstOrDefault(peer => peer.StoreId == store)?.Id ?? 0;

    /// <summary>Removes the replica of a store. When an answer was lost, it may be gone when it is to be removed again.</summary>
    public static async Task RemovePeerAsync(
        this TinyKvClient client, RegionId region, ulong store, ulong before, CancellationToken cancellation)
    {
        try
        {
            await client.Admin.RemovePeerAsync(region.Value, store, cancellation: cancellation);
        }
        catch (TinyKvInvalidRequestException)
        {
            if (await client.PeerAsync(region, store, cancellation) == before) throw;
        }
    }

    /// <summary>Waits until a store has a replica that votes and is another than it had.</summary>
    public static async Task PeerIsNewAsync(
        this TinyKvClient client, RegionId region, ulong store, ulong before, CancellationToken cancellation)
    {
        if (before == 0) throw new TinyKvException($"invalid: which replica of {region} store {store} had was not known");
        while (await client.PeerAsync(region, store, cancellation) is var peer && (peer == 0 || peer == before))
            await Task.Delay(StoreObserver.Poll, cancellation);
    }

    /// <summary>Waits until the replicas that vote in a region are on these stores and no others.</summary>
    public static async Task VotersAreOnAsync(
        this TinyKvClient client, RegionId region, IReadOnlyCollection<ulong> stores, CancellationToken cancellation)
    {
        while (!(await VotersAsync(client, region, cancellation)).Select(peer => peer.StoreId).ToHashSet().SetEquals(stores))
            await Task.Delay(StoreObserver.Poll, cancellation);
    }

    private static async Task<IReadOnlyList<Meta.Peer>> VotersAsync(
        TinyKvClient client, RegionId region, CancellationToken cancellation)
    {
        var statuses = await client.GetStoreStatusesAsync(cancellation);
        var known = statuses.SelectMany(each => each.Status?.Peers ?? []).Where(peer => peer.Region.Id == region.Value)
            .MaxBy(peer => (peer.Region.RegionEpoch.ConfVer, peer.Term))?.Region;
        return [.. known?.Peers.Where(peer => peer.Role == Meta.PeerRole.Voter) ?? []];
    }
}
