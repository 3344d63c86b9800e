using System.Net;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Faults.Sandbox;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Campaigns;

/// <summary>A store that gets all of a region by a snapshot is made to lead it, and must have all of it.</summary>
internal abstract class FetchedData(string name) : Fault(name)
{
    /// <summary>Lets the store in a place lead, and reads what was there before.</summary>
    /// <exception cref="TinyKvException">Something is missing or wrong.</exception>
    protected static async Task VerifyAsync(
        CampaignContext context, TinyKvClient client, int place, CancellationToken cancellation)
    {
        await context.Cluster.ReadyAsync(context.Bound, cancellation);
        do
        {
            await client.Admin.TransferLeaderAsync(RegionId.First.Value, context.Cluster.StoreIn(place).Id, cancellation);
            await context.Ballast.VerifyAsync(client, cancellation);
        }
        while (await context.Cluster.LeaderAsync(cancellation) != place); // another may have led meanwhile
    }
}

/// <summary>
/// A store is lost with its disk. Another joins in its place, under a number of its own, and the lost one is removed; sometimes
/// the new one is killed meanwhile.
/// </summary>
internal sealed class WipedStore() : FetchedData("wiped-store")
{
    /// <inheritdoc/>
    public override string Description =>
        "a store is killed and its data deleted; another joins in its place and gets its replicas, and it is removed";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (cluster, place, due) = (context.Cluster, await context.VictimAsync(cancellation), context.Now);
        var (lost, lostName, kills) = (cluster.StoreIn(place).Id, cluster.Name(place), 1);
        await cluster.KillAsync(place);
        Directory.Delete(cluster.DataOf(place), recursive: true);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await cluster.JoinAsync(place, context.Bound, cancellation);
        await using var client = await cluster.ConnectAsync(context.Bound);
        await context.WithinBoundAsync($"{lostName} was removed", async limit =>
        {
            var removal = client.Admin.RemoveStoreAsync(lost, cancellation: limit);
            if (context.Random.Next(2) == 0)
            {
                await Task.Delay(context.Draw(0.05, 10), limit);
                await cluster.KillAsync(place);
                cluster.Start(place);
                kills++;
            }
            await removal;
        }, cancellation);
        var stores = cluster.All.Select(each => cluster.StoreIn(each).Id).ToList();
        foreach (var region in new[] { RegionId.Placement, RegionId.First })
            await context.WithinBoundAsync($"{region} has its replicas on {string.Join(", ", stores)}",
                limit => client.VotersAreOnAsync(region, stores, limit), cancellation);
        await VerifyAsync(context, client, place, cancellation);
        return new FaultReport($"{lostName}, replaced by {cluster.Name(place)}", due, kills);
    }
}

/// <summary>A snapshot arrives with damaged parts, over connections that break: what is damaged is fetched again.</summary>
internal sealed class CorruptSnapshot() : FetchedData("corrupt-snapshot")
{
    /// <inheritdoc/>
    public override string Description =>
        "a store gets a replica by a snapshot of which parts are damaged on the way, over connections that break";

    /// <inheritdoc/>
    public override async Task<FaultReport> RunAsync(CampaignContext context, CancellationToken cancellation)
    {
        var (cluster, due) = (context.Cluster, context.Now);
        var place = await context.VictimAsync(cancellation);
        var (store, address) = (cluster.StoreIn(place).Id, cluster.StoreIn(place).Address);
        await using var client = await cluster.ConnectAsync(context.Bound);
        var before = await client.PeerAsync(RegionId.First, store, cancellation);
        await using var damage = new SnapshotDamage(
            new DnsEndPoint(address.Host, address.RaftPort), context.Random.Next());
        await context.Network.DivertAsync(place, address.RaftPort, damage.Port);
        // So that the others connect anew.
        await Network.ResetAsync(place);
        await context.Load.ServedAsync(context.Bound, cancellation);
        await client.RemovePeerAsync(RegionId.First, store, before, cancellation);
        await context.WithinBoundAsync($"{cluster.Name(place)} got another replica of {RegionId.First}",
            limit => client.PeerIsNewAsync(RegionId.First, store, before, limit), cancellation);
        await context.Network.HealAsync();
        if (damage.Damaged == 0) throw new TinyKvException("invalid: no part of the snapshot was damaged");
        await VerifyAsync(context, client, place, cancellation);
        return new FaultReport(
            $"{cluster.Name(place)}, {damage.Damaged} parts damaged, {damage.Broken} connections broken", due);
    }
}
