using Akka.Actor;
using Akka.Remote.Transport;
using TinyKv.Protocol;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// A connection that this store has made. At a store's address is the store: what it tells of itself in its handshake
/// is what others are measured by.
/// </summary>
internal sealed class OutboundHandle : GuardedHandle, IHandleEventListener
{
    private readonly GuardedTransport _transport;
    private readonly AssociationHandle _inner;
    private readonly Address _remote;
    private bool _isKnown;

    public OutboundHandle(GuardedTransport transport, AssociationHandle inner, Address remote)
        : base(transport, inner, GuardProvider.ChannelOf(inner).RemoteAddress, () => transport.Known.IsStore(remote), null)
    {
        (_transport, _inner, _remote) = (transport, inner, remote);
        _isKnown = !transport.Known.IsStore(remote);
    }

    /// <inheritdoc/>
    public void Notify(IHandleEvent ev)
    {
        if (!_isKnown && ev is InboundPayload payload) Learn(payload);
        Receive(ev);
    }

    /// <inheritdoc/>
    protected override void Begin(IHandleEventListener upstream)
    {
        base.Begin(upstream);
        _inner.ReadHandlerSource.TrySetResult(this);
    }

    private void Learn(InboundPayload first)
    {
        _isKnown = true;
        try
        {
            if (RemotingFrame.TryHandshake(first.Payload.Span, out _, out var uid)) _transport.Known.Learn(_remote, uid);
        }
        catch (MalformedMessageException)
        {
            // Counted where it is dropped.
        }
    }
}
