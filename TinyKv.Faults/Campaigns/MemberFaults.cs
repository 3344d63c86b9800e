using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>Leadership moves to another store, as before work on a machine. Nobody may notice.</summary>
internal sealed class MoveLeader() : Fault("move-leader")
{
    /// <inheritdoc/>
    public override string Description => "another store is told to lead a region";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var due = context.Now;
        await using var client = await context.Cluster.ConnectAsync(context.Bound);
        var to = context.Another(await context.Cluster.LeaderAsync(cancellation));
        await client.Admin.TransferLeaderAsync(RegionId.First.Value, (ulong)to, cancellation);
        return new FaultReport($"to store {to}", due);
    }
}

/// <summary>
/// A store loses its replica of a region, with all data, and placement gives it another: sometimes the store is killed in the
/// middle of that, sometimes it was away when it lost the first.
/// </summary>
internal sealed class MoveReplica(bool isAway) : Fault(isAway ? "remove-while-away" : "move-replica")
{
    /// <inheritdoc/>
    public override string Description => isAway
        ? "a killed store's replica is removed; it comes back, learns of it, and gets another"
        : "a store's replica is removed, another takes its place, and the store is killed meanwhile";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (cluster, due) = (context.Cluster, context.Now);
        var region = context.Random.Next(3) == 0 ? RegionId.Placement : RegionId.First;
        var store = await context.VictimAsync(cancellation);
        await using var client = await cluster.ConnectAsync(context.Bound);
        var before = await PeerAsync(client, region, store, cancellation);
        if (isAway) await cluster.KillAsync(store);
        await client.Admin.RemovePeerAsync(region.Value, (ulong)store, cancellation: cancellation);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await Task.Delay(context.Draw(0.05, 2), cancellation);
        if (!isAway) await cluster.KillAsync(store);
        cluster.Start(store);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(context.Bound);
        try
        {
            while (await PeerAsync(client, region, store, limit.Token) is var peer && (peer == 0 || peer == before))
                await Task.Delay(StoreObserver.Poll, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TinyKvException($"store {store} has no new replica of {region} after {context.Bound.TotalSeconds} s", e);
        }
        return new FaultReport($"{region} on store {store}", due, 1);
    }

    // The number of the replica that votes on a store, as the leader knows; 0: there is none.
    private static async Task<ulong> PeerAsync(
        TinyKvClient client, RegionId region, int store, CancellationToken cancellation)
    {
        var statuses = await client.GetStoreStatusesAsync(cancellation);
        var known = statuses.SelectMany(each => each.Status?.Peers ?? []).Where(peer => peer.Region.Id == region.Value)
            .MaxBy(peer => (peer.Region.RegionEpoch.ConfVer, peer.Term))?.Region;
        return known?.Peers.FirstOrDefault(peer => peer.StoreId == (ulong)store
            && peer.Role == Protocol.Wire.Meta.PeerRole.Voter)?.Id ?? 0;
    }
}
