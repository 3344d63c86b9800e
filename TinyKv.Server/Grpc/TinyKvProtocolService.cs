using Grpc.Core;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Server.Stores;
using Service = TinyKv.Protocol.Wire.Store.TinyKv;

namespace TinyKv.Server.Grpc;

/// <summary>
/// <c>tinykvpb.TinyKv</c>: the raw calls of the TinyKV protocol, each for the replica that its context names; the gateway
/// of the store does all of it. Calls that are not here answer UNIMPLEMENTED.
/// </summary>
internal sealed class TinyKvProtocolService(StoreGate gate) : Service.TinyKvBase
{
    public override Task<RawGetResponse> RawGet(RawGetRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<RawPutResponse> RawPut(RawPutRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<RawDeleteResponse> RawDelete(RawDeleteRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<RawScanResponse> RawScan(RawScanRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    private Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, ServerCallContext context)
        where TReply : class, IRawReply, new() =>
        gate.Raw.ExecuteAsync(request, context.CancellationToken);
}
