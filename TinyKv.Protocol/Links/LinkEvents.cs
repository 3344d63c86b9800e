using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Protocol.Links;

/// <summary>
/// Hears from Akka.Remote what became of connections and of messages that could not be sent: without it a request to a
/// store that is gone would wait for its time-out, and its outcome be unknown.
/// </summary>
internal sealed class LinkEvents(Action<Address> broke, Action<AssociationErrorEvent>? failed) : UntypedActor
{
    /// <summary>What makes the actor.</summary>
    /// <param name="broke">Told which system a connection is lost to.</param>
    /// <param name="failed">Told of connections that did not come up, before the messages are that were to go by them.</param>
    public static Props Props(Action<Address> broke, Action<AssociationErrorEvent>? failed = null) =>
        Akka.Actor.Props.Create(() => new LinkEvents(broke, failed));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(DisassociatedEvent));
        if (failed is not null) Context.System.EventStream.Subscribe(Self, typeof(AssociationErrorEvent));
    }

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            // Those that a broken connection leaves behind come before the news that it broke.
            case DeadLetter { Sender: ReplyPromise promise }: promise.NotSent(); break;
            case DeadLetter { Sender: LinkReplies replies, Message: RequestEnvelope lost }: replies.NotSent(lost); break;
            case DeadLetter: break;
            case DisassociatedEvent { RemoteAddress: { } remote }: broke(remote); break;
            case AssociationErrorEvent error: failed?.Invoke(error); break;
            default: Unhandled(message); break;
        }
    }
}
