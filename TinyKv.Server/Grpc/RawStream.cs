using System.Diagnostics;
using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Server.Stores;

namespace TinyKv.Server.Grpc;

/// <summary>One call of <c>Raw/Stream</c>: its session between the two directions of the call.</summary>
/// <param name="gate">The store.</param>
/// <param name="grace">How long the client may take to end its side when the store stops.</param>
/// <param name="requests">What comes.</param>
/// <param name="replies">What goes.</param>
/// <param name="context">The call.</param>
internal sealed class RawStream(StoreGate gate, TimeSpan grace, IAsyncStreamReader<RequestEnvelope> requests,
    IServerStreamWriter<ReplyEnvelope> replies, ServerCallContext context)
{
    // For a message that is on its way when the stream must end, so that the status can follow.
    private static readonly TimeSpan LastMessage = TimeSpan.FromSeconds(1);

    private readonly EnvelopeSession _session =
        new(() => gate.Raw, UnreadReplyInterceptor.HeldBy(context.GetHttpContext()));

    /// <summary>Serves the stream until the client has ended its side and all is answered.</summary>
    /// <exception cref="RpcException">It ends otherwise; says why.</exception>
    public async Task RunAsync()
    {
        // The call may last for days, and each request says itself which trace it belongs to.
        Activity.Current = null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        await using var closing = gate.Closing.UnsafeRegister(_ => Close(end), null);
        var sending = SendAsync(end);
        try
        {
            await TakeAllAsync(sending, end.Token);
            _session.Complete();
            await sending;
        }
        catch (Exception failure) when (failure is not RpcException && context.CancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(failure.Message, failure, context.CancellationToken);
        }
        catch (Exception failure) when (failure is not RpcException && gate.Closing.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the store is stopping"));
        }
        finally
        {
            _session.Abort();
            await sending.WaitAsync(LastMessage, end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // gRPC lets nothing be written after the call has returned.
            await end.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TakeAllAsync(Task sending, CancellationToken end)
    {
        try
        {
            while (await requests.MoveNext(end))
            {
                if (_session.Take(requests.Current) is { } wrong) throw new RpcException(wrong);
                await _session.RoomAsync(end);
            }
            await _session.AllAnsweredAsync(end);
        }
        catch (OperationCanceledException) when (sending.IsFaulted)
        {
            // That is why.
            await sending;
        }
    }

    private async Task SendAsync(CancellationTokenSource end)
    {
        try
        {
            await _session.SendAsync(replies.WriteAsync, end.Token);
        }
        catch
        {
            // Whoever cannot be answered is not listened to.
            await end.CancelAsync();
            throw;
        }
    }

    private void Close(CancellationTokenSource end)
    {
        _session.Closing();
        end.CancelAfter(grace);
    }
}
