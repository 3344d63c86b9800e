using Akka.Actor;
using Grpc.Core;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Another actor that has sent a message of many requests. Numbers are its own: it has its replies under them, and repeats
/// one at its own risk.
/// </summary>
/// <param name="asker">Who gets the replies.</param>
/// <param name="self">Who gives them.</param>
/// <param name="unread">What its system has not read; null: it is in this one.</param>
internal sealed class EnvelopeAsker(IActorRef asker, IActorRef self, UnreadReplies? unread) : IReplySink
{
    /// <summary>The calls in a message. What is none is answered.</summary>
    public List<RawCall> CallsIn(RequestEnvelope envelope)
    {
        var (calls, none) = (new List<RawCall>(envelope.Requests.Count), new List<NumberedReply>());
        foreach (var request in envelope.Requests)
        {
            if (request.Inner is { } inner)
                calls.Add(new NumberedCall(request, inner, this) { Trace = NumberedCall.TraceOf(request.Traceparent) });
            else if (request.Cancel is null)
                none.Add(NumberedReply.Unknown(request.Number));
        }
        Acknowledge(envelope);
        if (none.Count > 0) Tell(none.ConvertAll(reply => ((IRawRequest?)null, reply)));
        return calls;
    }

    /// <summary>Answers each request of a message that has too many.</summary>
    public void Refuse(RequestEnvelope envelope)
    {
        Acknowledge(envelope);
        Tell([.. envelope.Requests.Take(EnvelopeLimits.MaxRequests).Select(request => ((IRawRequest?)null, NumberedReply.Failed(
            request.Number, StatusCode.ResourceExhausted,
            $"the message holds {envelope.Requests.Count} requests; at most {EnvelopeLimits.MaxRequests} are allowed")))]);
    }

    /// <inheritdoc/>
    public void Reply(IReadOnlyList<(RawCall Call, IRawReply Reply)> replies)
    {
        var numbered = new List<(IRawRequest?, NumberedReply)>(replies.Count);
        foreach (var (call, reply) in replies)
            numbered.Add((call.Request, NumberedReply.Of(((NumberedCall)call).Number, reply)));
        Tell(numbered);
    }

    // Who sends nothing asks whether this store knows such messages.
    private void Acknowledge(RequestEnvelope envelope)
    {
        if (envelope.Acknowledge || envelope.Requests.Count == 0) Tell([]);
    }

    private void Tell(IReadOnlyList<(IRawRequest? Request, NumberedReply Reply)> replies)
    {
        if (unread is not null)
        {
            unread.Reply(asker, replies);
            return;
        }
        var envelope = new ReplyEnvelope();
        foreach (var (_, reply) in replies) envelope.Replies.Add(reply);
        asker.Tell(envelope, self);
    }
}
