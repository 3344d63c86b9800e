using System.Threading.Channels;
using Grpc.Core;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>Both ends of a stream without a network: a test sees each message that is sent, and says what comes back.</summary>
internal sealed class FakeDuplex : IClientStreamWriter<RequestEnvelope>, IAsyncStreamReader<ReplyEnvelope>
{
    private readonly Channel<RequestEnvelope> _sent = Channel.CreateUnbounded<RequestEnvelope>();
    private readonly Channel<ReplyEnvelope> _replies = Channel.CreateUnbounded<ReplyEnvelope>();

    /// <summary>Each message is on its way until then.</summary>
    public Task Passable { get; set; } = Task.CompletedTask;

    /// <summary>Completes when the client has ended its side.</summary>
    public TaskCompletionSource Ended { get; } = new();

    /// <summary>Completes when the client has given the call up.</summary>
    public TaskCompletionSource Disposed { get; } = new();

    public AsyncDuplexStreamingCall<RequestEnvelope, ReplyEnvelope> Call => new(
        this, this, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () =>
        {
            Disposed.TrySetResult();
            Break(StatusCode.Cancelled);
        });

    public WriteOptions? WriteOptions { get; set; }

    public ReplyEnvelope Current { get; private set; } = null!;

    /// <summary>The next message.</summary>
    public async Task<RequestEnvelope> SentAsync() => await _sent.Reader.ReadAsync(Timeouts.Long);

    /// <summary>Whether there is a message that was not looked at yet.</summary>
    public bool HasMore => _sent.Reader.TryPeek(out _);

    public void Reply(ReplyEnvelope envelope) => _replies.Writer.TryWrite(envelope);

    public void Reply(params ulong[] numbers) => Reply(new ReplyEnvelope
    {
        Replies = { numbers.Select(number => NumberedReply.Of(number, new WriteResponse { Error = $"{number}" })) },
    });

    public void Break(StatusCode code) =>
        _replies.Writer.TryComplete(new RpcException(new Status(code, "as the test says")));

    /// <summary>Ends the stream as a store does that has answered everything.</summary>
    public void End() => _replies.Writer.TryComplete();

    public async Task WriteAsync(RequestEnvelope message)
    {
        var passable = Passable;
        _sent.Writer.TryWrite(message);
        await passable;
    }

    public Task CompleteAsync()
    {
        Ended.TrySetResult();
        return Task.CompletedTask;
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _replies.Reader.WaitToReadAsync(cancellationToken)) return false;
        Current = await _replies.Reader.ReadAsync(cancellationToken);
        return true;
    }
}
