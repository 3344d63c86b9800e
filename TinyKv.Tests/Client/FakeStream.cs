using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Client;

/// <summary>One stream to a <see cref="FakeStore"/>, on top of its answers to single requests.</summary>
internal sealed class FakeStream(FakeStore store, Func<IRoutedRequest, CancellationToken, Task<IRawReply>> answer)
{
    private static readonly NumberedReply Closing = new();

    private readonly Channel<NumberedReply> _replies = Channel.CreateUnbounded<NumberedReply>();
    private readonly ConcurrentDictionary<ulong, CancellationTokenSource> _underWay = new();

    /// <summary>Answers everything, and ends when the client has ended its side.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<RequestEnvelope> requests, IServerStreamWriter<ReplyEnvelope> replies, CancellationToken end)
    {
        var writing = WriteAsync(replies, end);
        var answering = new List<Task>();
        try
        {
            while (await requests.MoveNext(end))
            {
                Interlocked.Increment(ref store.Envelopes);
                foreach (var request in requests.Current.Requests) answering.Add(AnswerAsync(request, end));
            }
            Interlocked.Increment(ref store.EndedStreams);
            await Task.WhenAll(answering);
        }
        finally
        {
            _replies.Writer.Complete();
            await writing;
        }
    }

    private async Task WriteAsync(IServerStreamWriter<ReplyEnvelope> replies, CancellationToken end)
    {
        using var closing = store.Closing.UnsafeRegister(_ => _replies.Writer.TryWrite(Closing), null);
        while (await _replies.Reader.WaitToReadAsync(end))
        {
            var envelope = new ReplyEnvelope();
            while (_replies.Reader.TryRead(out var reply))
            {
                if (ReferenceEquals(reply, Closing)) envelope.Closing = true;
                else envelope.Replies.Add(reply);
            }
            await replies.WriteAsync(envelope, end);
        }
    }

    private async Task AnswerAsync(NumberedRequest request, CancellationToken end)
    {
        if (request.Cancel is not null)
        {
            if (_underWay.TryGetValue(request.Number, out var asked)) await asked.CancelAsync();
            return;
        }
        store.LastTraceparent = request.Traceparent;
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(end);
        _underWay[request.Number] = cancelled;
        NumberedReply reply;
        try
        {
            reply = store.Change(NumberedReply.Of(request.Number, await answer(request.Inner!, cancelled.Token)));
        }
        catch (RpcException e)
        {
            reply = NumberedReply.Failed(request.Number, e.StatusCode, e.Status.Detail);
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            reply = NumberedReply.Failed(request.Number, StatusCode.Cancelled, "");
        }
        _underWay.TryRemove(request.Number, out _);
        _replies.Writer.TryWrite(reply);
    }
}
