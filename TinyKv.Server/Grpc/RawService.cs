using Grpc.Core;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;

namespace TinyKv.Server.Grpc;

/// <summary><c>tinykv.raw.v1.Raw</c>: the complete raw API, from any store; its gateway does all of it.</summary>
internal sealed class RawService(StoreGate gate, ServerSettings settings) : Raw.RawBase
{
    public override Task<GetResponse> Get(GetRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<WriteResponse> Put(PutRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<WriteResponse> Delete(DeleteRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<BatchGetResponse> BatchGet(BatchGetRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<WriteResponse> BatchPut(BatchPutRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<WriteResponse> BatchDelete(BatchDeleteRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<WriteResponse> DeleteRange(DeleteRangeRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<CompareAndSetResponse> CompareAndSet(
        CompareAndSetRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<CompareAndSetResponse> PutIfAbsent(PutIfAbsentRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task<ScanResponse> Scan(ScanRequest request, ServerCallContext context) =>
        ExecuteAsync(request, context);

    public override Task Stream(IAsyncStreamReader<RequestEnvelope> requestStream,
        IServerStreamWriter<ReplyEnvelope> responseStream, ServerCallContext context) =>
        new RawStream(gate, settings.StreamsTimeout, requestStream, responseStream, context).RunAsync();

    private Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, ServerCallContext context)
        where TReply : class, IRawReply, new() =>
        gate.Raw.ExecuteAsync(request, context.CancellationToken);
}
