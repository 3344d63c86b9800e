using Grpc.Core;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Scheduling;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Client;

internal sealed class FakeSchedulerService(FakeStore store) : Scheduler.SchedulerBase
{
    private static readonly ResponseHeader Header = new() { ClusterId = FakeCluster.Id };

    public override async Task<GetMembersResponse> GetMembers(
        GetMembersRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref store.SignsOfLife);
        await store.AnswerAsync(context.CancellationToken);
        return new GetMembersResponse { Header = Header };
    }

    public override async Task<GetAllStoresResponse> GetAllStores(
        GetAllStoresRequest request, ServerCallContext context)
    {
        await CheckAsync(request.Header, context);
        var stores = store.Cluster.Stores.Select(s => new Meta.Store { Id = s.Id, Address = s.Address });
        return new GetAllStoresResponse { Header = Header, Stores = { stores } };
    }

    public override async Task<GetStoreResponse> GetStore(GetStoreRequest request, ServerCallContext context)
    {
        await CheckAsync(request.Header, context);
        var found = store.Cluster.Store(request.StoreId);
        return new GetStoreResponse
        {
            Header = Header,
            Store = new Meta.Store { Id = found.Id, Address = found.Address },
        };
    }

    public override async Task<GetRegionResponse> GetRegion(
        GetRegionRequest request, ServerCallContext context)
    {
        await CheckAsync(request.Header, context);
        var region = store.Cluster.RegionOf(request.RegionKey.Memory);
        var leader = store.Cluster.LeaderOfPlacement
            ?? store.Cluster.Leaders.GetValueOrDefault(region.Id.Value);
        return new GetRegionResponse
        {
            Header = Header,
            Region = RegionErrors.ToWire(region),
            Leader = leader == 0 ? null : RegionErrors.ToWire(FakeCluster.PeerOn(leader)),
        };
    }

    private async Task CheckAsync(RequestHeader header, ServerCallContext context)
    {
        await store.AnswerAsync(context.CancellationToken);
        if (header.ClusterId == FakeCluster.Id) return;
        throw new RpcException(new Status(StatusCode.FailedPrecondition, "mismatch cluster id"));
    }
}

internal sealed class FakeAdminService(FakeStore store) : Admin.AdminBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new StoreStatusResponse { ClusterId = FakeCluster.Id, StoreId = store.Id });
}
