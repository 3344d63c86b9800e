using Akka.Actor;

namespace TinyKv.Protocol.Links;

/// <summary>
/// The sender of one request, to which another system replies: what is left of Akka's Ask when the caller waits by
/// itself.
/// </summary>
internal sealed class ReplyPromise : MinimalActorRef, ILinkCall
{
    // Replies come on the thread that reads from the connection: nobody else's code may run there.
    private readonly TaskCompletionSource<object> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StoreLink _link;

    public ReplyPromise(ReplyPaths paths, StoreLink link, long number)
    {
        (Provider, _link, Number) = (paths.Provider, link, number);
        Path = paths.Next();
        Provider.RegisterTempActor(this, Path);
    }

    /// <summary>Which of the requests over its link it is.</summary>
    public long Number { get; }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    /// <inheritdoc/>
    public bool IsSent => true;

    /// <summary>What came back. Fails with a <see cref="LinkFailedException"/>.</summary>
    public Task<object> Reply => _reply.Task;

    /// <summary>What came back, or that the caller has given up.</summary>
    public Task<object> ReplyAsync(CancellationToken cancellation) => _reply.AnswerAsync(cancellation);

    /// <summary>The request never left this process.</summary>
    public void NotSent() => _reply.TrySetException(_link.Unreached());

    /// <summary>The connection broke that the request, and its reply, went by.</summary>
    public void Broken() => _reply.TrySetException(_link.Lost());

    /// <summary>Nobody waits any more.</summary>
    public void Forget() => Provider.UnregisterTempActor(Path);

    protected override void TellInternal(object message, IActorRef sender)
    {
        _link.Heard();
        _reply.TrySetResult(message);
    }
}
