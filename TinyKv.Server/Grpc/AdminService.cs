using Grpc.Core;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Server.Stores;

namespace TinyKv.Server.Grpc;

/// <summary><c>tinykv.admin.v1.Admin</c>: the state of this store and of the cluster, for tools.</summary>
internal sealed class AdminService(StoreGate gate) : Admin.AdminBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        gate.Store.StatusAsync(context.CancellationToken);

    public override async Task<ListStoresResponse> ListStores(ListStoresRequest request, ServerCallContext context)
    {
        var list = await gate.Store.Placement.ListStoresAsync(context.CancellationToken);
        if (!list.Directory.IsBootstrapped)
            throw new RpcException(new Status(StatusCode.Unavailable, "placement does not know the stores yet"));
        return new ListStoresResponse
        {
            ClusterId = list.Directory.Cluster,
            MaxReplicas = list.Directory.MaxReplicas,
            Stores = { list.Directory.Stores.Values.Select(store => StoreDetails.Of(store, list.Of(store.Id))) },
        };
    }

    public override async Task<RegisterStoreResponse> RegisterStore(
        RegisterStoreRequest request, ServerCallContext context)
    {
        var store = gate.Store;
        var directory = new DirectoryId(request.DataDirectory);
        var addresses = new StoreAddresses(
            request.Host, Port(request.GrpcPort), Port(request.StatusPort), Port(request.RemotingPort), Port(request.RaftPort));
        if (!HostPort.TryParse(addresses.Grpc, out _))
            throw new RpcException(new Status(
                StatusCode.InvalidArgument, $"'{addresses.Grpc}' is not an address: {HostPort.Expected}"));
        var cluster = request.ClusterId == 0 ? store.ClusterId : request.ClusterId;
        var stores = await store.Placement.ChangeStoresAsync(
            new RegisterStore(cluster, directory, addresses, request.Version), context.CancellationToken);
        return new RegisterStoreResponse
        {
            ClusterId = stores.Cluster,
            ClusterName = store.ClusterName,
            Store = StoreDetails.Of(stores.Find(directory)!, report: null),
            Stores = { stores.Living.Select(each => StoreDetails.Of(each, report: null)) },
            Removed = { stores.Stores.Values.Except(stores.Living).Select(each => StoreDetails.Of(each, report: null)) },
            Revision = stores.Version,
            MaxReplicas = stores.MaxReplicas,
        };
    }

    public override async Task<SetStoreLabelsResponse> SetStoreLabels(
        SetStoreLabelsRequest request, ServerCallContext context)
    {
        var id = new StoreId(request.StoreId);
        if (request.Labels.Count is 0 or > GrpcLimits.MaxLabels)
            throw new RpcException(new Status(StatusCode.InvalidArgument,
                $"{request.Labels.Count} labels; 1 to {GrpcLimits.MaxLabels} can be set at once"));
        if (request.IfRevision < 0) throw new RpcException(new Status(StatusCode.InvalidArgument, "a negative revision"));
        var stores = await gate.Store.Placement.ChangeStoresAsync(
            new UpdateStore(id, request.IfRevision, StoreInfo.NoLabels.AddRange(request.Labels)), context.CancellationToken);
        return new SetStoreLabelsResponse { Store = StoreDetails.Of(stores.Find(id)!, report: null) };
    }

    public override async Task<RemoveStoreResponse> RemoveStore(RemoveStoreRequest request, ServerCallContext context)
    {
        var id = new StoreId(request.StoreId);
        var (stores, left) = await gate.Store.RemoveStoreAsync(id, context.CancellationToken);
        var removed = StoreDetails.Of(stores.Find(id)!, report: null);
        removed.Condition = removed.State;
        return new RemoveStoreResponse { Store = removed, Left = left ?? "" };
    }

    public override async Task<TransferLeaderResponse> TransferLeader(
        TransferLeaderRequest request, ServerCallContext context) => new()
        {
            LedAlready = await gate.Store.Regions.TransferLeaderAsync(
                new RegionId(request.RegionId), new StoreId(request.StoreId), context.CancellationToken),
        };

    public override async Task<ChangePeerResponse> ChangePeer(ChangePeerRequest request, ServerCallContext context)
    {
        var (region, store) = (new RegionId(request.RegionId), new StoreId(request.StoreId));
        var (regions, cancellation) = (gate.Store.Regions, context.CancellationToken);
        MemberGoal goal = request.HasPeer ? new MemberGoal.Voter(store, PeerId.None) : new MemberGoal.None(store);
        var step = await regions.ChangeMembersAsync(region, goal, ifConfVer: 0, cancellation);
        if (step.NeedsNumber)
        {
            await RequireStoreAsync(store, cancellation);
            // For this request alone: a number that was kept could be used again after others have removed its replica.
            var number = new PeerId(await gate.Store.Placement.AllocateIdAsync(cancellation));
            step = await regions.ChangeMembersAsync(
                region, new MemberGoal.Voter(store, number), step.ConfVer, cancellation);
        }
        return new ChangePeerResponse { Done = step.UnderWay is null, UnderWay = step.UnderWay ?? "" };
    }

    public override async Task<SplitRegionResponse> SplitRegion(SplitRegionRequest request, ServerCallContext context)
    {
        if (request.RegionId == RegionId.Placement.Value)
            throw new RpcException(new Status(
                StatusCode.FailedPrecondition, "region 0 is placement's own group, which has no keys"));
        if (request.Key.Length is 0 or > Limits.MaxKeyBytes)
            throw new RpcException(new Status(StatusCode.InvalidArgument,
                $"a region cannot be split at a key of {request.Key.Length} bytes: a key has 1 to {Limits.MaxKeyBytes}"));
        var split = await gate.Store.Regions.SplitAsync(
            new RegionId(request.RegionId), request.Key.Memory, context.CancellationToken);
        return split is null ? new SplitRegionResponse { SplitAlready = true } : new SplitRegionResponse
        {
            Left = RegionErrors.ToWire(split.Parent),
            Right = RegionErrors.ToWire(split.Child),
        };
    }

    // A replica on a store that never comes would never catch up.
    private async Task RequireStoreAsync(StoreId store, CancellationToken cancellation)
    {
        var known = (await gate.Store.Placement.ListStoresAsync(cancellation)).Directory.Find(store);
        if (known is null) throw new RpcException(new Status(StatusCode.NotFound, $"there is no {store} in the cluster"));
        if (known.State != StoreState.Up)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{store} is about to leave, or was removed"));
    }

    private static int Port(uint port) => port is > 0 and <= 65535 ? (int)port
        : throw new RpcException(new Status(StatusCode.InvalidArgument, $"{port} is no port"));
}
