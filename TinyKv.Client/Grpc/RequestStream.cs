using Grpc.Core;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Client.Grpc;

/// <summary>
/// Many callers' requests over one stream to a store, in both directions many in a message: what is asked while a message
/// is on its way goes with the next one. Opened by its first request, and never again. From any thread.
/// </summary>
internal sealed class RequestStream : IThreadPoolWorkItem, IAsyncDisposable
{
    /// <summary>Why a store that says so is sent nothing more.</summary>
    public static readonly RpcException Stopping = new(new Status(StatusCode.Unavailable, "the store is stopping"));

    /// <summary>What a call gets whose store has no such call: it was not done.</summary>
    public static readonly object NoStreams = new();

    private static readonly RpcException Disposed = new(new Status(StatusCode.Cancelled, "the client was disposed"));

    private readonly Func<AsyncDuplexStreamingCall<RequestEnvelope, ReplyEnvelope>> _open;
    private readonly Func<RpcException, StoreCallException> _broken;
    private readonly TimeSpan _grace;
    private readonly Outbox _outbox;
    private readonly SilenceWatch _watch;
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AsyncDuplexStreamingCall<RequestEnvelope, ReplyEnvelope>? _call;
    private volatile bool _heard;
    private int _ended;

    /// <param name="open">Opens the stream, and does not wait for a connection.</param>
    /// <param name="broken">What the end of the stream says about the store; asked when somebody waits.</param>
    /// <param name="watch">What looks after those who wait for a store that is silent.</param>
    /// <param name="grace">For so long what is under way may be answered after the end, and may the reader take to hear why
    /// writing failed.</param>
    public RequestStream(
        Func<AsyncDuplexStreamingCall<RequestEnvelope, ReplyEnvelope>> open, Func<RpcException, StoreCallException> broken,
        Func<Outbox, SilenceWatch> watch, TimeSpan grace)
    {
        (_open, _broken, _grace) = (open, broken, grace);
        _outbox = new Outbox(() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false));
        _watch = watch(_outbox);
    }

    /// <summary>Whether nothing can come back any more.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Sends a request as soon as there is room; false when the stream has ended or is about to.</summary>
    public bool TrySend(PendingCall call)
    {
        if (!_outbox.TryAdd(call)) return false;
        _watch.Start();
        return true;
    }

    /// <summary>Nobody waits for a call any more.</summary>
    public void Abandon(PendingCall call) => _outbox.Cancel(call);

    /// <summary>Lets what is under way be answered for a moment, and fails the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        Close(Disposed);
        await Task.WhenAny(_over.Task, Task.Delay(_grace));
        End(Disposed);
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAsync();

    private async Task WriteAsync()
    {
        try
        {
            if (_call is null)
            {
                _call = _open();
                _ = ReadAsync(_call.ResponseStream);
            }
            bool isLast;
            while (_outbox.Next(out isLast) is { } envelope) await _call.RequestStream.WriteAsync(envelope);
            if (isLast) await _call.RequestStream.CompleteAsync();
        }
        catch (Exception e)
        {
            // The reader hears why.
            if (_call is not null) await Task.WhenAny(_over.Task, Task.Delay(_grace));
            End(Failure(e));
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<ReplyEnvelope> replies)
    {
        try
        {
            while (await replies.MoveNext(CancellationToken.None))
            {
                _heard = true;
                _outbox.Take(replies.Current);
                if (replies.Current.Closing) Close(Stopping);
            }
            End(new RpcException(new Status(StatusCode.Unknown, "the store has ended the stream")));
        }
        catch (Exception e)
        {
            End(Failure(e));
        }
    }

    private static RpcException Failure(Exception e) =>
        e as RpcException ?? new RpcException(new Status(StatusCode.Unknown, e.Message, e));

    /// <summary>Sends nothing more: what waits for its turn was not done.</summary>
    private void Close(RpcException why) => Fail([], _outbox.Close(), why);

    private void End(RpcException why)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0) return;
        var waiting = _outbox.Close();
        var (sent, _) = _outbox.Break();
        // A store that has no such call has done nothing of what it was told by it.
        if (why.StatusCode == StatusCode.Unimplemented && !_heard)
            foreach (var call in sent.Concat(waiting)) call.TrySetResult(NoStreams);
        else
            Fail(sent, waiting, why);
        _watch.Dispose();
        _call?.Dispose();
        _over.TrySetResult();
    }

    private void Fail(IReadOnlyList<PendingCall> sent, IReadOnlyList<PendingCall> unsent, RpcException why)
    {
        if (sent.Count + unsent.Count == 0) return;
        var failure = _broken(why);
        foreach (var call in unsent) call.TrySetException(failure.As(mayBeDone: false));
        foreach (var call in sent) call.TrySetException(failure.As(failure.MayBeDone));
    }
}
