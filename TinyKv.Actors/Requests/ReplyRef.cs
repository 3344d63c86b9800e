using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Requests;

/// <summary>Waits for the one answer to a request of this process.</summary>
internal sealed class ReplyRef(IActorRefProvider provider) : LocalAsker(provider)
{
    private readonly TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer; the first counts.</summary>
    public Task<object> AnswerAsync(CancellationToken cancellation) => _answer.AnswerAsync(cancellation);

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender)
    {
        if (!_answer.TrySetResult(message)) (message as ReadView)?.Release();
    }
}
