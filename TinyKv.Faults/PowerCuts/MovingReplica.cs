using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Faults.Workload;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.PowerCuts;

/// <summary>A replica that is removed before a power cut, and another one of the same region that the store gets in its
/// place.</summary>
/// <param name="Region">The region.</param>
/// <param name="Store">The store.</param>
/// <param name="Former">The number of the replica that is removed.</param>
internal sealed record MovingReplica(RegionId Region, ulong Store, ulong Former)
{
    /// <summary>Removes one, of placement now and then. That it is removed is decided on return.</summary>
    public static async Task<MovingReplica> RemoveAsync(
        ProcessCluster cluster, Random random, TimeSpan bound, CancellationToken cancellation)
    {
        var region = random.Next(3) == 0 ? RegionId.Placement : RegionId.First;
        var store = cluster.StoreIn(cluster.All.ElementAt(random.Next(cluster.All.Count()))).Id;
        await using var client = await cluster.ConnectAsync(bound);
        var former = await client.PeerAsync(region, store, cancellation);
        await client.RemovePeerAsync(region, store, former, cancellation);
        return new MovingReplica(region, store, former);
    }

    /// <summary>Waits until placement has given the store another one, which votes.</summary>
    /// <exception cref="TinyKvException">It did not, or the one that was removed is back.</exception>
    public async Task ReplacedAsync(ProcessCluster cluster, TimeSpan bound, CancellationToken cancellation)
    {
        await using var client = await cluster.ConnectAsync(bound);
        await TimeBound.WithinAsync(bound, $"store {Store} got another replica of {Region} in the place of {Former}",
            limit => client.PeerIsNewAsync(Region, Store, Former, limit), cancellation);
    }
}
