using Grpc.Core;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Scheduling;
using TinyKv.Server.Stores;
using Wire = TinyKv.Protocol.Wire;

namespace TinyKv.Server.Grpc;

/// <summary>
/// What clients ask placement, served by every store. Calls that are in no part of it answer UNIMPLEMENTED: stores
/// of this implementation talk to placement in their own protocol.
/// </summary>
internal sealed partial class SchedulerService(StoreGate gate) : Scheduler.SchedulerBase
{
    public override Task<GetMembersResponse> GetMembers(GetMembersRequest request, ServerCallContext context)
    {
        var store = gate.Store;
        ClusterChecks.RequireOrUnknown(request.Header, store.ClusterId);
        var leader = store.Placement.Leader ?? store.Self;
        var response = new GetMembersResponse { Header = Header(store) };
        foreach (var each in store.Stores)
        {
            var member = ToMember(each);
            response.Members.Add(member);
            if (each.Id == leader) (response.Leader, response.EtcdLeader) = (member, member);
        }
        return Task.FromResult(response);
    }

    public override async Task Tso(IAsyncStreamReader<TsoRequest> requestStream,
        IServerStreamWriter<TsoResponse> responseStream, ServerCallContext context)
    {
        using var ending =
            CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, gate.Closing);
        try
        {
            await AnswerAsync(gate.Store, requestStream, responseStream, ending.Token);
        }
        catch (Exception failure) when (failure is not RpcException && gate.Closing.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the store is stopping"));
        }
    }

    private static async Task AnswerAsync(IServedStore store, IAsyncStreamReader<TsoRequest> requests,
        IServerStreamWriter<TsoResponse> responses, CancellationToken ending)
    {
        while (await requests.MoveNext(ending))
        {
            var request = requests.Current;
            ClusterChecks.Require(request.Header, store.ClusterId);
            if (request.Count is 0 or > GrpcLimits.MaxTimestamps)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument,
                    $"count is {request.Count}; 1 to {GrpcLimits.MaxTimestamps} can be asked for"));
            }
            var last = await store.Placement.AllocateTimestampsAsync((int)request.Count, ending);
            await responses.WriteAsync(new TsoResponse
            {
                Header = Header(store),
                Count = request.Count,
                Timestamp = new() { Physical = last.Physical, Logical = last.Logical },
            }, ending);
        }
    }

    public override async Task<AllocIDResponse> AllocID(AllocIDRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var id = await store.Placement.AllocateIdAsync(context.CancellationToken);
        return new AllocIDResponse { Header = Header(store), Id = id };
    }

    public override Task<GetRegionResponse> GetRegion(GetRegionRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        return Task.FromResult(ToResponse(store, store.Placement.Regions.Find(request.RegionKey.Memory)));
    }

    public override Task<GetRegionResponse> GetPrevRegion(GetRegionRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var regions = store.Placement.Regions;
        var previous = regions.Find(request.RegionKey.Memory)?.Region.Range.Start is { IsEmpty: false } start
            ? regions.FindBelow(start) : null;
        return Task.FromResult(ToResponse(store, previous));
    }

    public override Task<GetRegionResponse> GetRegionByID(
        GetRegionByIDRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        return Task.FromResult(ToResponse(store, store.Placement.Regions.Find(new RegionId(request.RegionId))));
    }

    public override Task<ScanRegionsResponse> ScanRegions(
        ScanRegionsRequest request, ServerCallContext context)
    {
        var store = Admit(request.Header);
        var response = new ScanRegionsResponse { Header = Header(store) };
        // As in the original, a limit that is not positive means no limit.
        var limit = request.Limit > 0 ? request.Limit : int.MaxValue;
        var found = store.Placement.Regions.Overlapping(request.StartKey.Memory, request.EndKey.Memory);
        foreach (var (region, leader) in found.Take(limit))
        {
            response.Regions.Add(RegionErrors.ToWire(region));
            response.Leaders.Add(leader is { } peer ? RegionErrors.ToWire(peer) : new Wire.Meta.Peer());
        }
        return Task.FromResult(response);
    }

    private IServedStore Admit(RequestHeader? header)
    {
        var store = gate.Store;
        ClusterChecks.Require(header, store.ClusterId);
        return store;
    }

    // An unknown region is an empty answer: the client backs off and asks again.
    private static GetRegionResponse ToResponse(IServedStore store, LocatedRegion? found)
    {
        var response = new GetRegionResponse { Header = Header(store) };
        if (found is not var (region, leader)) return response;
        response.Region = RegionErrors.ToWire(region);
        if (leader is not { } known) return response;
        response.Leader = RegionErrors.ToWire(known);
        response.Slaves.AddRange(region.Peers.Where(peer => peer.Id != known.Id).Select(RegionErrors.ToWire));
        return response;
    }

    private static ResponseHeader Header(IServedStore store) => new() { ClusterId = store.ClusterId };

    private static ResponseHeader Header(IServedStore store, ErrorType type, string message) =>
        new() { ClusterId = store.ClusterId, Error = new Error { Type = type, Message = message } };

    private static Member ToMember(StoreAddress store) => new()
    {
        Name = $"store-{store.Id.Value}",
        MemberId = store.Id.Value,
        PeerUrls = { $"http://{store.Grpc}" },
        ClientUrls = { $"http://{store.Grpc}" },
    };
}
