using System.Runtime.ExceptionServices;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

// Requests for keys of several regions: each part is followed like a request of its own, all within the same time.
internal sealed partial class RawRouter
{
    private async Task<IRawReply> ExecutePartsAsync(Attempt attempt, CancellationToken limit)
    {
        var (request, bytes) = (attempt.Request, 0L);
        var whole = new RequestPart(request);
        var parts = await RequestParts.SendAsync(RegionSplitter.Cut(whole, attempt.Spanned!, table.Regions), SendAsync);
        return parts.All(part => part.IsDone) ? RegionSplitter.Join(request, parts) : Failed(request, parts);

        async Task<PartEnd> SendAsync(RequestPart part)
        {
            var end = await ExecutePartAsync(part, limit);
            var total = Interlocked.Add(ref bytes, end.Reply?.CalculateSize() ?? 0);
            return total <= Limits.MaxReplyBytes ? end : end with { Reply = RawReads.TooMuch((BatchGetRequest)request) };
        }
    }

    private async Task<PartEnd> ExecutePartAsync(RequestPart part, CancellationToken limit)
    {
        var attempt = new Attempt(part.Request, draw) { IsPart = true };
        try
        {
            return await FollowAsync(attempt, limit) is { } reply ? new PartEnd(part) { Reply = reply }
                : new PartEnd(part) { Cut = RegionSplitter.Cut(part, attempt.Spanned!, table.Regions) };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return new PartEnd(part) { Reply = attempt.Unanswered() };
        }
    }

    // What became of all parts is told for the whole.
    private static IRawReply Failed(IRoutedRequest request, IReadOnlyList<PartEnd> parts)
    {
        if (parts.FirstOrDefault(part => part.Failure is not null) is { Failure: { } failure })
        {
            if (request.IsRead || !parts.Any(part => part.IsDone)) ExceptionDispatchInfo.Throw(failure);
            return Unknown(request, failure.Message);
        }
        var refused = parts.First(part => !part.IsDone).Reply!;
        if (request.IsRead || !parts.Any(part => part.IsDone || part.Reply!.RegionError?.StaleCommand is not null))
            return refused;
        return Unknown(request, refused.RegionError?.Message ?? refused.Error);
    }

    private static IRawReply Unknown(IRoutedRequest request, string why)
    {
        var unknown = request.OutcomeUnknown();
        unknown.RegionError!.Message = $"the keys are in several regions, and some of them may have been written: {why}";
        return unknown;
    }
}
