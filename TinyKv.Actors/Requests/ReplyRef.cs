using Akka.Actor;
using TinyKv.Protocol.Links;

namespace TinyKv.Actors.Requests;

/// <summary>
/// Waits for the one answer to a request of this process. Akka's <c>Ask</c> does the same for requests that may leave
/// it, at the price of a path and a registration for each.
/// </summary>
internal sealed class ReplyRef(IActorRefProvider provider) : MinimalActorRef
{
    private static readonly ActorPath Everywhere = new RootActorPath(Address.AllSystems, "reply");

    private readonly TaskCompletionSource<object> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public override ActorPath Path => Everywhere;

    /// <inheritdoc/>
    public override IActorRefProvider Provider => provider;

    /// <summary>The answer; the first counts.</summary>
    public Task<object> AnswerAsync(CancellationToken cancellation) => _answer.AnswerAsync(cancellation);

    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) => _answer.TrySetResult(message);
}
