using System.Diagnostics;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>What checked requests read.</summary>
internal static class RawReads
{
    /// <summary>The reply to a request that reads.</summary>
    /// <param name="request">The request.</param>
    /// <param name="family">Its column family.</param>
    /// <param name="reader">Where it reads.</param>
    /// <param name="cancellation">Ends a long scan.</param>
    public static IRawReply Of(
        IRawRequest request, ColumnFamily family, IStorageReader reader, CancellationToken cancellation) => request switch
        {
            GetRequest get => Get(get, family, reader),
            BatchGetRequest batch => BatchGet(batch, family, reader),
            ScanRequest scan => ScanPage.Read(scan, family, reader, cancellation),
            Kv.RawGetRequest get => Get(get, family, reader),
            Kv.RawScanRequest scan => ScanPage.ReadAll(scan, family, reader, cancellation),
            _ => throw new UnreachableException($"{request.GetType()}"),
        };

    /// <summary>The values of many keys do not fit into a reply.</summary>
    public static IRawReply TooMuch(BatchGetRequest request, string fit = "fewer") => request.Invalid(
        $"the values of the {request.Keys.Count} keys need more than {Limits.MaxReplyBytes} bytes, the most that a reply "
        + $"holds; ask for {fit} at once");

    private static IRawReply Get(GetRequest request, ColumnFamily family, IStorageReader reader) =>
        RawChecks.Outside(reader, request.Key) is { } refusal ? request.Refused(refusal)
            : new GetResponse { Value = RawReplies.Maybe(reader.GetCF(family, request.Key.Span)) };

    private static IRawReply Get(Kv.RawGetRequest request, ColumnFamily family, IStorageReader reader) =>
        RawChecks.Outside(reader, request.Key) is { } refusal ? request.Refused(refusal)
            : reader.GetCF(family, request.Key.Span) is { } value
                ? new Kv.RawGetResponse { Value = UnsafeByteOperations.UnsafeWrap(value) }
                : new Kv.RawGetResponse { NotFound = true };

    private static IRawReply BatchGet(BatchGetRequest request, ColumnFamily family, IStorageReader reader)
    {
        var (reply, size) = (new BatchGetResponse(), new ReplySize());
        foreach (var key in request.Keys)
        {
            if (RawChecks.Outside(reader, key) is { } refusal) return request.Refused(refusal);
            var value = reader.GetCF(family, key.Span);
            if (!size.TryAdd(ReplySize.OfMaybeValue(value?.Length)))
            {
                return TooMuch(request, $"{reply.Values.Count} or fewer");
            }
            reply.Values.Add(RawReplies.Maybe(value));
        }
        return reply;
    }
}
