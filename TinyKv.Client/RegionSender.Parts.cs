using System.Runtime.ExceptionServices;
using TinyKv.Protocol.Raw;

namespace TinyKv.Client;

// Requests for keys of several regions: each part is found, sent and repeated as a request of its own.
internal sealed partial class RegionSender
{
    private async Task<TReply> SendPartsAsync<TReply>(
        IRoutedRequest<TReply> request, CallState whole, Deadlines.Deadline deadline, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        var parts = await RequestParts.SendAsync(
            RegionSplitter.Cut(new RequestPart(request), whole.Spanned!, regions.Known),
            part => SendPartAsync<TReply>(part, whole, deadline, cancellation));
        if (parts.All(part => part.IsDone)) return (TReply)RegionSplitter.Join(request, parts);
        cancellation.ThrowIfCancellationRequested();
        throw Failed(request, whole, parts);
    }

    private async Task<PartEnd> SendPartAsync<TReply>(
        RequestPart part, CallState whole, Deadlines.Deadline deadline, CancellationToken cancellation)
        where TReply : class, IRawReply, new()
    {
        var state = new CallState { Whole = whole };
        var reply = await SendAsync((IRoutedRequest<TReply>)part.Request, state, deadline.OfPart(), cancellation);
        return reply is null
            ? new PartEnd(part) { Cut = RegionSplitter.Cut(part, state.Spanned!, regions.Known) }
            : new PartEnd(part) { Reply = reply };
    }

    // What became of all parts is told for the whole.
    private static Exception Failed(IRawRequest request, CallState whole, IReadOnlyList<PartEnd> parts)
    {
        var failures = parts.Where(part => !part.IsDone)
            .Select(part => part.Failure ?? new TinyKvInvalidRequestException(part.Reply!.Error)).ToList();
        var first = failures.Find(failure => failure is TinyKvUndeterminedException) ?? failures[0];
        var done = parts.Count - failures.Count;
        if (!request.IsRead && (done > 0 || whole.MayBeDone || first is TinyKvUndeterminedException))
        {
            return new TinyKvUndeterminedException(
                "the write is for keys of several regions, and some of them may have been written, "
                + $"{done} of {parts.Count} parts for sure: {first.Message}", first);
        }
        ExceptionDispatchInfo.Throw(first);
        return first;
    }
}
