using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Raw;

namespace TinyKv.Actors.Requests;

/// <summary>A checked raw request on its way through a storage, and then its reply.</summary>
/// <param name="call">The request.</param>
/// <param name="context">Which replica it is for.</param>
/// <param name="family">Which keys it is about.</param>
/// <param name="attempt">The first attempt of a request that names no replica; null: it is for that one alone.</param>
internal sealed class RawStorageCall(RawCall call, RequestContext context, ColumnFamily family, Attempt? attempt)
    : StorageCall(context)
{
    /// <summary>The request.</summary>
    public RawCall Call => call;

    /// <summary>The first attempt of a request that names no replica.</summary>
    public Attempt? Attempt => attempt;

    /// <summary>The reply, unless it has failed.</summary>
    public IRawReply? Reply { get; private set; }

    /// <summary>Why it has failed.</summary>
    public Exception? Failure { get; private set; }

    /// <inheritdoc/>
    public override void Refuse(RegionError refusal) => Reply = call.Request.Refused(refusal);

    /// <inheritdoc/>
    public override void Written(ConditionOutcome? outcome) => Reply = RawWrites.ReplyTo(call.Request, outcome);

    /// <inheritdoc/>
    public override void Read(IStorageReader reader) => Reply = RawReads.Of(call.Request, family, reader, default);

    /// <inheritdoc/>
    public override void Fail(Exception failure) => Failure = failure;
}
