using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Client.Remoting;

/// <summary>Asks the stores for their status, which names the others and the regions of their replicas.</summary>
internal sealed class RemotingPlacement(TinyKvClientOptions options, RemotingCaller caller)
    : PlacementClient(options, caller, clusterId: 0)
{
    public override async Task<IReadOnlyList<StoreLocation>> IdentifyAsync(CancellationToken cancellation)
    {
        var status = await AskAsync(cancellation);
        ClusterId = status.ClusterId;
        return Learn(StoresOf(status));
    }

    public override async Task<IReadOnlyList<StoreLocation>> GetStoresAsync(CancellationToken cancellation) =>
        Learn(StoresOf(await AskAsync(cancellation)));

    public override async Task<LocatedRegion> GetRegionAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var status = await AskAsync(cancellation);
        if (status.Peers.FirstOrDefault(peer => Holds(peer, key)) is not { } replica)
        {
            PreferAnother();
            throw new StoreCallException($"store {status.StoreId} has no replica with the key", mayBeDone: false);
        }
        var region = RegionErrors.FromWire(replica.Region);
        return new LocatedRegion(region, region.PeerOn(new StoreId(replica.LeaderStoreId)));
    }

    protected override async Task<string> FindAddressAsync(StoreId store, CancellationToken cancellation)
    {
        var stores = await GetStoresAsync(cancellation);
        return stores.FirstOrDefault(each => each.Store == store).Address
            ?? throw new StoreCallException($"{store} is unknown", mayBeDone: false);
    }

    private Task<StoreStatusResponse> AskAsync(CancellationToken cancellation) => AskAsync(async address =>
    {
        var status = await caller.GetStatusAsync(address, cancellation);
        RequireCluster(address, status.ClusterId);
        return status;
    });

    private static bool Holds(PeerStatus peer, ReadOnlyMemory<byte> key)
    {
        var region = RegionErrors.FromWire(peer.Region);
        return region.Id != RegionId.Placement && region.Range.Contains(key.Span);
    }

    private static List<StoreLocation> StoresOf(StoreStatusResponse status) =>
        [.. status.RemotingEndpoints.Select(store => new StoreLocation(new StoreId(store.Key), store.Value))];
}
