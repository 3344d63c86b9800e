using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Host.Server;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.V1;
using Service = TinyKv.Protocol.Wire.V1.Raw;

namespace TinyKv.Host.Grpc;

/// <summary>Scans with an end, in pages of bounded size.</summary>
internal sealed class RawScanService(StoreGate gate, ScanSlots slots) : Service.RawBase
{
    public override async Task<ScanResponse> Scan(ScanRequest request, ServerCallContext context)
    {
        var range = new KeyRange(request.StartKey.Memory, request.EndKey.Memory);
        if (RawChecks.Scan(request.Context, request.Cf, range, request.Limit, out var family) is { } error)
            return new ScanResponse { Error = error };
        using var slot = await slots.EnterAsync(context.CancellationToken);
        if (slot is null) return new ScanResponse { RegionError = RegionErrors.ToWire(ScanSlots.Busy) };
        var (reader, refusal) = await gate.Storage.ReaderAsync(
            request.Context.ToRequestContext(), context.CancellationToken);
        using (reader)
        {
            refusal ??= RawChecks.Outside(reader, request.StartKey);
            if (refusal is not null) return new ScanResponse { RegionError = RegionErrors.ToWire(refusal) };
            if (IsEmpty(range)) return new ScanResponse();
            using var pairs = reader!.IterCF(family, range);
            return Page(pairs, request, context.CancellationToken);
        }
    }

    private static bool IsEmpty(KeyRange range) =>
        range.IsBounded && range.Start.Span.SequenceCompareTo(range.End.Span) >= 0;

    private static ScanResponse Page(
        IEngineIterator pairs, ScanRequest request, CancellationToken cancellation)
    {
        var page = new ScanResponse();
        var bytes = 0L;
        while (page.Pairs.Count < request.Limit && pairs.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            var key = ByteString.CopyFrom(pairs.Key);
            bytes += key.Length + (request.KeysOnly ? 0 : pairs.Value.Length);
            if (bytes > Limits.MaxScanPageBytes && page.Pairs.Count > 0)
            {
                page.NextKey = key;
                break;
            }
            page.Pairs.Add(new Pair
            {
                Key = key,
                Value = request.KeysOnly ? ByteString.Empty : ByteString.CopyFrom(pairs.Value),
            });
        }
        return page;
    }
}
