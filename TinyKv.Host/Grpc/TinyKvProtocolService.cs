using Google.Protobuf;
using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Host.Server;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Kv;
using Service = TinyKv.Protocol.Wire.Store.TinyKv;

namespace TinyKv.Host.Grpc;

/// <summary>The raw calls of the TinyKV protocol. Calls that are not here answer UNIMPLEMENTED.</summary>
internal sealed class TinyKvProtocolService(StoreGate gate) : Service.TinyKvBase
{
    private IStorage Storage => gate.Storage;

    public override async Task<RawGetResponse> RawGet(RawGetRequest request, ServerCallContext context)
    {
        if (RawChecks.OneKey(request.Context, request.Cf, request.Key, out var family) is { } error)
            return new RawGetResponse { Error = error };
        var (reader, refusal) = await Storage.ReaderAsync(
            request.Context.ToRequestContext(), context.CancellationToken);
        using (reader)
        {
            refusal ??= RawChecks.Outside(reader, request.Key);
            if (refusal is not null) return new RawGetResponse { RegionError = RegionErrors.ToWire(refusal) };
            return reader!.GetCF(family, request.Key.Span) is { } value
                ? new RawGetResponse { Value = UnsafeByteOperations.UnsafeWrap(value) }
                : new RawGetResponse { NotFound = true };
        }
    }

    public override async Task<RawPutResponse> RawPut(RawPutRequest request, ServerCallContext context)
    {
        var error = RawChecks.OneKey(request.Context, request.Cf, request.Key, out var family)
            ?? RawChecks.Value(request.Value);
        if (error is not null) return new RawPutResponse { Error = error };
        var refusal = await Storage.WriteAsync(request.Context.ToRequestContext(),
            [new Modify.Put(family, request.Key.Memory, request.Value.Memory)], context.CancellationToken);
        return refusal is null
            ? new RawPutResponse() : new RawPutResponse { RegionError = RegionErrors.ToWire(refusal) };
    }

    public override async Task<RawDeleteResponse> RawDelete(
        RawDeleteRequest request, ServerCallContext context)
    {
        if (RawChecks.OneKey(request.Context, request.Cf, request.Key, out var family) is { } error)
            return new RawDeleteResponse { Error = error };
        var refusal = await Storage.WriteAsync(request.Context.ToRequestContext(),
            [new Modify.Delete(family, request.Key.Memory)], context.CancellationToken);
        return refusal is null
            ? new RawDeleteResponse() : new RawDeleteResponse { RegionError = RegionErrors.ToWire(refusal) };
    }

    public override async Task<RawScanResponse> RawScan(RawScanRequest request, ServerCallContext context)
    {
        var range = new KeyRange(request.StartKey.Memory, default);
        if (RawChecks.Scan(request.Context, request.Cf, range, request.Limit, out var family) is { } error)
            return new RawScanResponse { Error = error };
        var scans = gate.Scans;
        using var slot = await scans.EnterAsync(context.CancellationToken);
        if (slot is null) return new RawScanResponse { RegionError = RegionErrors.ToWire(ScanSlots.Busy) };
        var (reader, refusal) = await Storage.ReaderAsync(
            request.Context.ToRequestContext(), context.CancellationToken);
        using (reader)
        {
            refusal ??= RawChecks.Outside(reader, request.StartKey);
            if (refusal is not null)
                return new RawScanResponse { RegionError = RegionErrors.ToWire(refusal) };
            using var pairs = reader!.IterCF(family, range);
            return await scans.ReadAsync(() => Page(pairs, request.Limit, context.CancellationToken));
        }
    }

    // To the client, fewer pairs than asked for mean an exhausted region: a page is whole or an error.
    private static RawScanResponse Page(IEngineIterator pairs, uint limit, CancellationToken cancellation)
    {
        var page = new RawScanResponse();
        var size = new ReplySize();
        while (page.Kvs.Count < limit && pairs.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            if (!size.TryAdd(ReplySize.OfPair(pairs.Key.Length, pairs.Value.Length)))
            {
                return new RawScanResponse
                {
                    Error = $"the {limit} pairs need more than {Limits.MaxReplyBytes} bytes,"
                        + $" the most that a reply holds; ask for {page.Kvs.Count} or fewer",
                };
            }
            page.Kvs.Add(new KvPair
            {
                Key = ByteString.CopyFrom(pairs.Key),
                Value = ByteString.CopyFrom(pairs.Value),
            });
        }
        return page;
    }
}
