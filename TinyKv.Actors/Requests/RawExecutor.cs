using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>Executes checked requests on a replica of this store.</summary>
internal sealed class RawExecutor(IStorage storage, ScanSlots slots)
{
    /// <summary>A request that does not read much as a call for the replica that <paramref name="context"/> names.</summary>
    public static RawStorageCall CallOf(RawCall call, RequestContext context, Attempt? attempt)
    {
        var request = call.Request;
        var family = FamilyOf(request);
        IReadOnlyList<Modify>? batch = null;
        Condition? condition = null;
        if (!request.IsRead) (batch, condition) = RawWrites.Of(request, family);
        return new RawStorageCall(call, context, family, attempt)
        {
            Batch = batch,
            Condition = condition,
            Keys = request is BatchGetRequest gets ? gets.Keys.Count : 1,
            Trace = call.Trace,
        };
    }

    /// <summary>Executes requests together.</summary>
    /// <param name="calls">As <see cref="CallOf"/> makes them.</param>
    /// <param name="done">As <see cref="IStorage.Execute"/>.</param>
    public void Execute(IReadOnlyList<RawStorageCall> calls, Action<IReadOnlyList<StorageCall>> done) =>
        storage.Execute(calls, done);

    /// <summary>Executes a request on the replica that <paramref name="context"/> names.</summary>
    public Task<IRawReply> ExecuteAsync(IRawRequest request, RequestContext context, CancellationToken cancellation) =>
        !request.IsRead ? WriteAsync(request, context, cancellation)
            : request.ReadsMuch ? ReadMuchAsync(request, context, cancellation)
            : ReadAsync(request, context, cancellation);

    /// <summary>The files of this store have failed a read: it ends. Nothing was done, and the others have the same.</summary>
    public static IRawReply Failed(IRawRequest request, RequestContext context) =>
        request.Refused(new RegionError.NotLeader(context.Region, null));

    private async Task<IRawReply> WriteAsync(
        IRawRequest request, RequestContext context, CancellationToken cancellation)
    {
        var (batch, condition) = RawWrites.Of(request, FamilyOf(request));
        if (condition is null)
        {
            var refused = await storage.WriteAsync(context, batch, cancellation);
            return refused is null ? RawWrites.ReplyTo(request, null) : request.Refused(refused);
        }
        var (outcome, refusal) = await storage.WriteIfAsync(context, condition, batch, cancellation);
        return outcome is null ? request.Refused(refusal!) : RawWrites.ReplyTo(request, outcome);
    }

    private async Task<IRawReply> ReadAsync(IRawRequest request, RequestContext context, CancellationToken cancellation)
    {
        try
        {
            var (reader, refusal) = await storage.ReaderAsync(context, cancellation);
            using (reader)
            {
                return reader is null ? request.Refused(refusal!)
                    : RawReads.Of(request, FamilyOf(request), reader, cancellation);
            }
        }
        catch (StorageFailedException)
        {
            return Failed(request, context);
        }
    }

    private async Task<IRawReply> ReadMuchAsync(
        IRawRequest request, RequestContext context, CancellationToken cancellation)
    {
        using var slot = await slots.EnterAsync(cancellation);
        if (slot is null) return request.Refused(ScanSlots.Busy);
        try
        {
            var (reader, refusal) = await storage.ReaderAsync(context, cancellation);
            using (reader)
            {
                return reader is null ? request.Refused(refusal!)
                    : await slots.ReadAsync(() => RawReads.Of(request, FamilyOf(request), reader, cancellation));
            }
        }
        catch (StorageFailedException)
        {
            return Failed(request, context);
        }
    }

    private static ColumnFamily FamilyOf(IRawRequest request)
    {
        _ = ColumnFamilies.TryParse(request.Cf, out var family);
        return family;
    }
}
