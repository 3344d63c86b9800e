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
        await client.Admin.TransferLeaderAsync(RegionId.First.Value, context.Cluster.StoreIn(to).Id, cancellation);
        return new FaultReport($"to {context.Cluster.Name(to)}", due);
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
        var place = await context.VictimAsync(cancellation);
        var store = cluster.StoreIn(place).Id;
        await using var client = await cluster.ConnectAsync(context.Bound);
        var before = await client.PeerAsync(region, store, cancellation);
        if (isAway) await cluster.KillAsync(place);
        await client.RemovePeerAsync(region, store, before, cancellation);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await Task.Delay(context.Draw(0.05, 2), cancellation);
        if (!isAway) await cluster.KillAsync(place);
        cluster.Start(place);
        await context.WithinBoundAsync($"{cluster.Name(place)} got another replica of {region}",
            limit => client.PeerIsNewAsync(region, store, before, limit), cancellation);
        return new FaultReport($"{region} on {cluster.Name(place)}", due, 1);
    }
}
