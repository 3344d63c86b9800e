using Google.Protobuf;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>The replies that all requests have alike.</summary>
internal static class RawReplies
{
    /// <summary>The request can never succeed.</summary>
    public static IRawReply Invalid(this IRawRequest request, string error)
    {
        var reply = request.NewReply();
        reply.Error = error;
        return reply;
    }

    /// <summary>The request was refused.</summary>
    public static IRawReply Refused(this IRawRequest request, RegionError refusal)
    {
        var reply = request.NewReply();
        reply.RegionError = RegionErrors.ToWire(refusal);
        return reply;
    }

    /// <summary>Whether a refusal may take the place of a reply, as nothing was done that must be told.</summary>
    public static bool MayBeRefused(this IRawReply reply, IRawRequest request) =>
        request.IsRead || (reply is CompareAndSetResponse conditional && UnreadLimit.ChangedNothing(conditional));

    /// <summary>Nobody answered in time: a write may have been done.</summary>
    public static IRawReply OutcomeUnknown(this IRawRequest request) => request.Refused(
        request.IsRead ? new RegionError.NotLeader(RegionOf(request), null) : new RegionError.StaleCommand());

    // Nobody has looked yet for the region of one that names none.
    private static RegionId? RegionOf(IRawRequest request) =>
        request.Context is { } context ? new RegionId(context.RegionId) : null;

    /// <summary>A value that may be missing, as the engine returned it.</summary>
    public static MaybeValue Maybe(byte[]? value) => value is null
        ? new MaybeValue() : new MaybeValue { Found = true, Value = UnsafeByteOperations.UnsafeWrap(value) };
}
