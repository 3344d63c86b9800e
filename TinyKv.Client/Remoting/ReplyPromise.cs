using Akka.Actor;

namespace TinyKv.Client.Remoting;

/// <summary>
/// The sender of one request, to which the store replies: what is left of Akka's Ask when the caller waits by itself.
/// </summary>
internal sealed class ReplyPromise : MinimalActorRef
{
    // Replies come on the thread that reads from the connection: nobody else's code may run there.
    private readonly TaskCompletionSource<object> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _address;

    public ReplyPromise(IActorRefProvider provider, string address)
    {
        (Provider, _address) = (provider, address);
        Path = provider.TempPath();
        provider.RegisterTempActor(this, Path);
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    /// <summary>What came back. Fails with a <see cref="StoreCallException"/>.</summary>
    public Task<object> Reply => _reply.Task;

    /// <summary>The request never left this process.</summary>
    public void NotSent() =>
        _reply.TrySetException(new StoreCallException($"{_address} cannot be reached", mayBeDone: false));

    /// <summary>The connection broke that the request, and its reply, went by.</summary>
    public void Broken() =>
        _reply.TrySetException(new StoreCallException($"the connection to {_address} broke", mayBeDone: true));

    /// <summary>Nobody waits any more.</summary>
    public void Forget() => Provider.UnregisterTempActor(Path);

    protected override void TellInternal(object message, IActorRef sender) => _reply.TrySetResult(message);
}
