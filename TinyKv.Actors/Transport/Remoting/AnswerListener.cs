using Akka.Remote.Transport;
using TinyKv.Protocol;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>Waits for the answer to <see cref="RemotingFrame.AskUid"/>.</summary>
internal sealed class AnswerListener : IHandleEventListener
{
    private readonly TaskCompletionSource<int?> _uid = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number that was told; null when the connection ended before, or said something else.</summary>
    public Task<int?> Uid => _uid.Task;

    /// <inheritdoc/>
    public void Notify(IHandleEvent ev)
    {
        try
        {
            _uid.TrySetResult(ev is InboundPayload payload ? RemotingFrame.ToldUid(payload.Payload.Span) : null);
        }
        catch (MalformedMessageException)
        {
            _uid.TrySetResult(null);
        }
    }
}
