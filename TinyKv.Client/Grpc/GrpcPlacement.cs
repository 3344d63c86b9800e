using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Client.Grpc;

/// <summary>Asks the Scheduler service of the stores.</summary>
internal sealed class GrpcPlacement(TinyKvClientOptions options, GrpcCaller caller, ulong clusterId = 0)
    : PlacementClient(options, caller, clusterId)
{
    public override async Task<IReadOnlyList<StoreLocation>> IdentifyAsync(CancellationToken cancellation)
    {
        var members = await AskAsync(
            (scheduler, call) => scheduler.GetMembersAsync(new GetMembersRequest(), call),
            reply => reply.Header, cancellation);
        ClusterId = members.Header.ClusterId;
        return await GetStoresAsync(cancellation);
    }

    public override async Task<IReadOnlyList<StoreLocation>> GetStoresAsync(CancellationToken cancellation)
    {
        var request = new GetAllStoresRequest { Header = Header(), ExcludeTombstoneStores = true };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetAllStoresAsync(request, call), r => r.Header, cancellation);
        return Learn([.. reply.Stores.Select(store => new StoreLocation(new StoreId(store.Id), store.Address))]);
    }

    public override async Task<LocatedRegion> GetRegionAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellation)
    {
        var regionKey = UnsafeByteOperations.UnsafeWrap(key);
        var request = new GetRegionRequest { Header = Header(), RegionKey = regionKey };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetRegionAsync(request, call), r => r.Header, cancellation);
        if (reply.Region is null)
        {
            // One that has no replica of it knows nothing of it.
            PreferAnother();
            throw new StoreCallException("no region holds the key yet", mayBeDone: false);
        }
        var leader = reply.Leader is { StoreId: not 0 } peer ? RegionErrors.FromWire(peer) : (Peer?)null;
        return new LocatedRegion(RegionErrors.FromWire(reply.Region), leader);
    }

    protected override async Task<string> FindAddressAsync(StoreId store, CancellationToken cancellation)
    {
        var request = new GetStoreRequest { Header = Header(), StoreId = store.Value };
        var reply = await AskAsync(
            (scheduler, call) => scheduler.GetStoreAsync(request, call), r => r.Header, cancellation);
        return reply.Store is { Address.Length: > 0 } found
            ? found.Address : throw new StoreCallException($"{store} is unknown", mayBeDone: false);
    }

    /// <summary>Makes a call of the Admin service to any store.</summary>
    /// <exception cref="StoreCallException">None did it.</exception>
    /// <exception cref="TinyKvInvalidRequestException">It can never be done.</exception>
    public Task<T> AskAdminAsync<T>(
        Func<Admin.AdminClient, CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellation) =>
        AskAsync(address => caller.CallAsync(
            address, (channel, call) => start(new Admin.AdminClient(channel), call), cancellation));

    private Task<T> AskAsync<T>(
        Func<Scheduler.SchedulerClient, CallOptions, AsyncUnaryCall<T>> start,
        Func<T, ResponseHeader?> header,
        CancellationToken cancellation) =>
        AskAsync(async address =>
        {
            var reply = await caller.CallAsync(
                address, (channel, call) => start(new Scheduler.SchedulerClient(channel), call), cancellation,
                everyStoreHasIt: true);
            Check(address, header(reply));
            return reply;
        });

    private void Check(string address, ResponseHeader? header)
    {
        if (header is null) throw new StoreCallException($"{address}: a reply without a header", false);
        RequireCluster(address, header.ClusterId);
        if (header.Error is { Type: not ErrorType.Ok } error)
            throw new StoreCallException($"{address}: {error.Message} ({error.Type})", mayBeDone: false);
    }

    private RequestHeader Header() => new() { ClusterId = ClusterId };
}
