using Akka.Actor;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Links;

/// <summary>The sender of all messages of many requests that go by one link, to which the replies come.</summary>
internal sealed class LinkReplies : MinimalActorRef
{
    private readonly Action<ReplyEnvelope> _heard;
    private readonly Action<RequestEnvelope> _notSent;

    /// <param name="paths">Where it is found.</param>
    /// <param name="heard">Takes what comes back, on the thread that reads from the connection.</param>
    /// <param name="notSent">Takes messages that never left this process.</param>
    public LinkReplies(ReplyPaths paths, Action<ReplyEnvelope> heard, Action<RequestEnvelope> notSent)
    {
        (Provider, _heard, _notSent) = (paths.Provider, heard, notSent);
        Path = paths.Next();
        Provider.RegisterTempActor(this, Path);
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider { get; }

    /// <summary>A message never left this process.</summary>
    public void NotSent(RequestEnvelope envelope) => _notSent(envelope);

    /// <summary>Nothing is asked any more.</summary>
    public void Forget() => Provider.UnregisterTempActor(Path);

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is ReplyEnvelope envelope) _heard(envelope);
    }
}
