using System.Diagnostics;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Errors;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Client;

/// <summary>The raw API of a <see cref="FakeStore"/>, by single calls and over streams. Scans in pages of two pairs at
/// most.</summary>
internal sealed class FakeRawService(FakeStore store) : Raw.RawBase
{
    public override Task<GetResponse> Get(GetRequest request, ServerCallContext context) =>
        AnswerAsync<GetResponse>(request, context);

    public override Task<WriteResponse> Put(PutRequest request, ServerCallContext context) =>
        AnswerAsync<WriteResponse>(request, context);

    public override Task<WriteResponse> Delete(DeleteRequest request, ServerCallContext context) =>
        AnswerAsync<WriteResponse>(request, context);

    public override Task<BatchGetResponse> BatchGet(BatchGetRequest request, ServerCallContext context) =>
        AnswerAsync<BatchGetResponse>(request, context);

    public override Task<WriteResponse> BatchPut(BatchPutRequest request, ServerCallContext context) =>
        AnswerAsync<WriteResponse>(request, context);

    public override Task<WriteResponse> BatchDelete(BatchDeleteRequest request, ServerCallContext context) =>
        AnswerAsync<WriteResponse>(request, context);

    public override Task<WriteResponse> DeleteRange(DeleteRangeRequest request, ServerCallContext context) =>
        AnswerAsync<WriteResponse>(request, context);

    public override Task<CompareAndSetResponse> PutIfAbsent(PutIfAbsentRequest request, ServerCallContext context) =>
        AnswerAsync<CompareAndSetResponse>(request, context);

    public override Task<ScanResponse> Scan(ScanRequest request, ServerCallContext context) =>
        AnswerAsync<ScanResponse>(request, context);

    public override async Task Stream(
        IAsyncStreamReader<RequestEnvelope> requests, IServerStreamWriter<ReplyEnvelope> replies, ServerCallContext context)
    {
        if (!store.HasStream) throw new RpcException(new Status(StatusCode.Unimplemented, ""));
        var stream = new FakeStream(store, AnswerAsync);
        await stream.RunAsync(requests, replies, context.CancellationToken);
    }

    private async Task<TReply> AnswerAsync<TReply>(IRoutedRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref store.SingleCalls);
        return (TReply)await AnswerAsync(request, context.CancellationToken);
    }

    private async Task<IRawReply> AnswerAsync(IRoutedRequest request, CancellationToken cancellation)
    {
        if ((await store.AdmitAsync(NameOf(request), request.Context!, request.RoutingKey.Memory, cancellation)
            ?? KeyOutside(request)) is { } refusal)
        {
            var refused = request.NewReply();
            refused.RegionError = refusal;
            return refused;
        }
        lock (store.Cluster.Data) return Answer(request, store.Cluster.Data);
    }

    private Error? KeyOutside(IRoutedRequest request)
    {
        var region = store.Cluster.RegionOf(request.RoutingKey.Memory);
        return RegionSplitter.Spans(request, region.Range)
            ? RegionErrors.ToWire(new RegionError.KeyNotInRegion(request.RoutingKey.Memory, region)) : null;
    }

    private IRawReply Answer(IRoutedRequest request, SortedDictionary<string, byte[]> data)
    {
        switch (request)
        {
            case GetRequest get:
                return new GetResponse { Value = ValueOf(get.Key, data) };
            case BatchGetRequest get:
                return new BatchGetResponse { Values = { get.Keys.Select(key => ValueOf(key, data)) } };
            case BatchPutRequest put:
                foreach (var pair in put.Pairs) data[Name(pair.Key)] = pair.Value.ToByteArray();
                return new WriteResponse();
            case BatchDeleteRequest delete:
                foreach (var key in delete.Keys) data.Remove(Name(key));
                return new WriteResponse();
            case DeleteRangeRequest delete:
                var range = new KeyRange(delete.StartKey.Memory, delete.EndKey.Memory);
                foreach (var key in data.Keys.Where(key => range.Contains(Encoding.UTF8.GetBytes(key))).ToList())
                    data.Remove(key);
                return new WriteResponse();
            case PutRequest put:
                data[Name(put.Key)] = put.Value.ToByteArray();
                return new WriteResponse();
            case DeleteRequest delete:
                data.Remove(Name(delete.Key));
                return new WriteResponse();
            case PutIfAbsentRequest put:
                return new CompareAndSetResponse { Succeeded = data.TryAdd(Name(put.Key), put.Value.ToByteArray()) };
            case ScanRequest scan:
                return Scan(scan, data);
            default:
                throw new UnreachableException($"{request.GetType()}");
        }
    }

    private ScanResponse Scan(ScanRequest request, SortedDictionary<string, byte[]> data)
    {
        var region = store.Cluster.RegionOf(request.StartKey.Memory).Range;
        var range = new KeyRange(request.StartKey.Memory, request.EndKey.Memory).Intersect(region);

        var reply = new ScanResponse();
        foreach (var (name, value) in data)
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
        var endsHere = range.IsBounded && range.End.Span.SequenceEqual(region.End.Span);
        if (endsHere && !request.EndKey.Span.SequenceEqual(region.End.Span))
            reply.NextKey = ByteString.CopyFrom(region.End.Span);
        return reply;
    }

    private static MaybeValue ValueOf(ByteString key, SortedDictionary<string, byte[]> data) =>
        data.TryGetValue(Name(key), out var value)
            ? new MaybeValue { Found = true, Value = ByteString.CopyFrom(value) } : new MaybeValue();

    private static string NameOf(IRoutedRequest request) => request switch
    {
        BatchGetRequest => "batch-get",
        BatchPutRequest => "batch-put",
        BatchDeleteRequest => "batch-delete",
        DeleteRangeRequest => "delete-range",
        GetRequest => "get",
        PutRequest => "put",
        DeleteRequest => "delete",
        PutIfAbsentRequest => "put-if-absent",
        ScanRequest => "scan",
        _ => throw new UnreachableException($"{request.GetType()}"),
    };

    private static string Name(ByteString key) => key.ToStringUtf8();
}
