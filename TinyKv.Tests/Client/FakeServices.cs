using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;
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

/// <summary>Scans in pages of two pairs at most.</summary>
internal sealed class FakeRawService(FakeStore store) : Raw.RawBase
{
    private static string Name(ByteString key) => key.ToStringUtf8();

    public override async Task<GetResponse> Get(GetRequest request, ServerCallContext context)
    {
        if (await AdmitAsync("get", request, context) is { } refusal) return new() { RegionError = refusal };
        lock (store.Cluster.Data)
        {
            return store.Cluster.Data.TryGetValue(Name(request.Key), out var value)
                ? new GetResponse { Value = new MaybeValue { Found = true, Value = ByteString.CopyFrom(value) } }
                : new GetResponse { Value = new MaybeValue() };
        }
    }

    public override async Task<WriteResponse> Put(PutRequest request, ServerCallContext context)
    {
        if (await AdmitAsync("put", request, context) is { } refusal) return new() { RegionError = refusal };
        lock (store.Cluster.Data) store.Cluster.Data[Name(request.Key)] = request.Value.ToByteArray();
        return new WriteResponse();
    }

    public override async Task<WriteResponse> Delete(DeleteRequest request, ServerCallContext context)
    {
        if (await AdmitAsync("delete", request, context) is { } refusal) return new() { RegionError = refusal };
        lock (store.Cluster.Data) store.Cluster.Data.Remove(Name(request.Key));
        return new WriteResponse();
    }

    public override async Task<CompareAndSetResponse> PutIfAbsent(
        PutIfAbsentRequest request, ServerCallContext context)
    {
        if (await AdmitAsync("put-if-absent", request, context) is { } refusal) return new() { RegionError = refusal };
        lock (store.Cluster.Data)
        {
            var added = store.Cluster.Data.TryAdd(Name(request.Key), request.Value.ToByteArray());
            return new CompareAndSetResponse { Succeeded = added };
        }
    }

    public override async Task<ScanResponse> Scan(ScanRequest request, ServerCallContext context)
    {
        if (await AdmitAsync("scan", request, context) is { } refusal) return new() { RegionError = refusal };
        var region = store.Cluster.RegionOf(request.StartKey.Memory).Range;
        var range = new KeyRange(request.StartKey.Memory, request.EndKey.Memory).Intersect(region);

        var reply = new ScanResponse();
        lock (store.Cluster.Data)
        {
            foreach (var (name, value) in store.Cluster.Data)
            {
                var key = ByteString.CopyFromUtf8(name);
                if (!range.Contains(key.Span)) continue;
                if (reply.Pairs.Count == request.Limit) return reply;
                if (reply.Pairs.Count == 2)
                {
                    reply.NextKey = key;
                    return reply;
                }
                reply.Pairs.Add(new Pair
                {
                    Key = key,
                    Value = request.KeysOnly ? ByteString.Empty : ByteString.CopyFrom(value),
                });
            }
        }
        var endsHere = range.IsBounded && range.End.Span.SequenceEqual(region.End.Span);
        if (endsHere && !request.EndKey.Span.SequenceEqual(region.End.Span))
            reply.NextKey = ByteString.CopyFrom(region.End.Span);
        return reply;
    }

    private Task<TinyKv.Protocol.Wire.Errors.Error?> AdmitAsync(
        string name, IRoutedRequest request, ServerCallContext context) =>
        store.AdmitAsync(name, request.Context!, request.RoutingKey.Memory, context.CancellationToken);
}

internal sealed class FakeAdminService(FakeStore store) : Admin.AdminBase
{
    public override Task<StoreStatusResponse> GetStoreStatus(
        StoreStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new StoreStatusResponse { ClusterId = FakeCluster.Id, StoreId = store.Id });
}
