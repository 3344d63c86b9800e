using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using Kv = TinyKv.Protocol.Wire.Kv;

namespace TinyKv.Actors.Requests;

/// <summary>Executes checked requests on a replica of this store.</summary>
internal sealed class RawExecutor(IStorage storage, ScanSlots slots)
{
    // So many reads take no longer than a message should.
    private const int SmallBatch = 64;

    /// <summary>Executes a request on the replica that <paramref name="context"/> names.</summary>
    public async Task<IRawReply> ExecuteAsync(
        IRawRequest request, RequestContext context, CancellationToken cancellation)
    {
        try
        {
            return await DispatchAsync(request, context, cancellation);
        }
        catch (StorageFailedException) when (request.IsRead)
        {
            // This store ends; nothing was done, and the others have the same.
            return request.Refused(new RegionError.NotLeader(context.Region, null));
        }
    }

    private Task<IRawReply> DispatchAsync(IRawRequest request, RequestContext context, CancellationToken cancellation)
    {
        _ = ColumnFamilies.TryParse(request.Cf, out var family);
        return request switch
        {
            GetRequest get => ReadAsync(get, context, reader => Get(get, family, reader), cancellation),
            BatchGetRequest { Keys.Count: <= SmallBatch } batch =>
                ReadAsync(batch, context, reader => BatchGet(batch, family, reader), cancellation),
            BatchGetRequest batch =>
                ReadMuchAsync(batch, context, reader => BatchGet(batch, family, reader), cancellation),
            ScanRequest scan => ReadMuchAsync(
                scan, context, reader => ScanPage.Read(scan, family, reader, cancellation), cancellation),
            Kv.RawGetRequest get => ReadAsync(get, context, reader => Get(get, family, reader), cancellation),
            Kv.RawScanRequest scan => ReadMuchAsync(
                scan, context, reader => ScanPage.ReadAll(scan, family, reader, cancellation), cancellation),
            CompareAndSetRequest cas => WriteIfAsync(cas, context, RawWrites.Of(cas, family), cancellation),
            PutIfAbsentRequest put => WriteIfAsync(put, context, RawWrites.Of(put, family), cancellation),
            _ => WriteAsync(request, context, RawWrites.Of(request, family), cancellation),
        };
    }

    private async Task<IRawReply> WriteAsync(
        IRawRequest request, RequestContext context, IReadOnlyList<Modify> batch, CancellationToken cancellation)
    {
        var refusal = await storage.WriteAsync(context, batch, cancellation);
        return refusal is null ? request.NewReply() : request.Refused(refusal);
    }

    private async Task<IRawReply> WriteIfAsync(
        IRawRequest request, RequestContext context, (Condition Condition, Modify Write) conditional,
        CancellationToken cancellation)
    {
        var (outcome, refusal) = await storage.WriteIfAsync(
            context, conditional.Condition, [conditional.Write], cancellation);
        return outcome is null ? request.Refused(refusal!) : new CompareAndSetResponse
        {
            Succeeded = outcome.Succeeded,
            Previous = RawReplies.Maybe(outcome.Previous),
        };
    }

    private async Task<IRawReply> ReadMuchAsync(
        IRawRequest request, RequestContext context, Func<IStorageReader, IRawReply> read,
        CancellationToken cancellation)
    {
        using var slot = await slots.EnterAsync(cancellation);
        if (slot is null) return request.Refused(ScanSlots.Busy);
        var (reader, refusal) = await storage.ReaderAsync(context, cancellation);
        using (reader)
        {
            return reader is null ? request.Refused(refusal!) : await slots.ReadAsync(() => read(reader));
        }
    }

    private async Task<IRawReply> ReadAsync(
        IRawRequest request, RequestContext context, Func<IStorageReader, IRawReply> read,
        CancellationToken cancellation)
    {
        var (reader, refusal) = await storage.ReaderAsync(context, cancellation);
        using (reader) return reader is null ? request.Refused(refusal!) : read(reader);
    }

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
                return request.Invalid($"the values of the {request.Keys.Count} keys need more than "
                    + $"{Limits.MaxReplyBytes} bytes, the most that a reply holds; "
                    + $"ask for {reply.Values.Count} or fewer at once");
            }
            reply.Values.Add(RawReplies.Maybe(value));
        }
        return reply;
    }
}
