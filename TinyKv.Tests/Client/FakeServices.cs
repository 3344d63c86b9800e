using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Scheduling;
using TinyKv.Protocol.Wire.V1;
using Meta = TinyKv.Protocol.Wire.Meta;
using ScanRequest = TinyKv.Protocol.Wire.V1.ScanRequest;
using ScanResponse = TinyKv.Protocol.Wire.V1.ScanResponse;
using StatusService = TinyKv.Protocol.Wire.V1.Status;
using StoreService = TinyKv.Protocol.Wire.Store.TinyKv;

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
        throw new RpcException(new Grpc.Core.Status(StatusCode.FailedPrecondition, "mismatch cluster id"));
    }
}

internal sealed class FakeTinyKvService(FakeStore store) : StoreService.TinyKvBase
{
    private static string Name(ByteString key) => key.ToStringUtf8();

    public override async Task<RawGetResponse> RawGet(RawGetRequest request, ServerCallContext context)
    {
        var refusal = await store.AdmitAsync(
            "get", request.Context, request.Key.Memory, context.CancellationToken);
        if (refusal is not null) return new RawGetResponse { RegionError = refusal };
        lock (store.Cluster.Data)
        {
            return store.Cluster.Data.TryGetValue(Name(request.Key), out var value)
                ? new RawGetResponse { Value = ByteString.CopyFrom(value) }
                : new RawGetResponse { NotFound = true };
        }
    }

    public override async Task<RawPutResponse> RawPut(RawPutRequest request, ServerCallContext context)
    {
        var refusal = await store.AdmitAsync(
            "put", request.Context, request.Key.Memory, context.CancellationToken);
        if (refusal is not null) return new RawPutResponse { RegionError = refusal };
        var value = request.Value.ToByteArray();
        lock (store.Cluster.Data) store.Cluster.Data[Name(request.Key)] = value;
        return new RawPutResponse();
    }

    public override async Task<RawDeleteResponse> RawDelete(
        RawDeleteRequest request, ServerCallContext context)
    {
        var refusal = await store.AdmitAsync(
            "delete", request.Context, request.Key.Memory, context.CancellationToken);
        if (refusal is not null) return new RawDeleteResponse { RegionError = refusal };
        lock (store.Cluster.Data) store.Cluster.Data.Remove(Name(request.Key));
        return new RawDeleteResponse();
    }
}

/// <summary>Scans in pages of two pairs at most.</summary>
internal sealed class FakeRawService(FakeStore store) : Raw.RawBase
{
    public override async Task<ScanResponse> Scan(ScanRequest request, ServerCallContext context)
    {
        var refusal = await store.AdmitAsync(
            "scan", request.Context, request.StartKey.Memory, context.CancellationToken);
        if (refusal is not null) return new ScanResponse { RegionError = refusal };
        var range = new KeyRange(request.StartKey.Memory, request.EndKey.Memory)
            .Intersect(store.Cluster.RegionOf(request.StartKey.Memory).Range);

        var reply = new ScanResponse();
        lock (store.Cluster.Data)
        {
            foreach (var (name, value) in store.Cluster.Data)
            {
                var key = ByteString.CopyFromUtf8(name);
                if (!range.Contains(key.Span)) continue;
                if (reply.Pairs.Count == request.Limit) break;
                if (reply.Pairs.Count == 2)
                {
                    reply.NextKey = key;
                    break;
                }
                reply.Pairs.Add(new Pair
                {
                    Key = key,
                    Value = request.KeysOnly ? ByteString.Empty : ByteString.CopyFrom(value),
                });
            }
        }
        return reply;
    }
}

internal sealed class FakeStatusService(FakeStore store) : StatusService.StatusBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new StoreStatusResponse { ClusterId = FakeCluster.Id, StoreId = store.Id });
}
