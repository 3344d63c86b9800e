using System.Net;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>A connection that Akka.Remote has, from which it gets only what the rules allow.</summary>
internal class GuardedHandle : AssociationHandle
{
    private readonly GuardedTransport _transport;
    private readonly AssociationHandle _inner;
    private readonly EndPoint? _from;
    private readonly Func<bool> _isStore;
    private readonly Queue<IHandleEvent> _early = [];
    private IHandleEventListener? _upstream;

    /// <param name="transport">Where refusals are counted.</param>
    /// <param name="inner">The connection.</param>
    /// <param name="from">The other end.</param>
    /// <param name="isStore">Whether a store is there, at this moment.</param>
    /// <param name="first">What has arrived already.</param>
    public GuardedHandle(
        GuardedTransport transport, AssociationHandle inner, EndPoint? from, Func<bool> isStore, InboundPayload? first)
        : base(inner.LocalAddress, inner.RemoteAddress)
    {
        (_transport, _inner, _from, _isStore) = (transport, inner, from, isStore);
        if (first is not null) _early.Enqueue(first);
        _ = BeginAsync();
    }

    /// <inheritdoc/>
    public override bool Write(ByteString payload) => _inner.Write(payload);

    /// <inheritdoc/>
    [Obsolete("Akka's: use the method that states reasons to make sure disassociation reasons are logged.")]
    public override void Disassociate() => _inner.Disassociate();

    /// <summary>Something has arrived, or the connection has ended.</summary>
    public void Receive(IHandleEvent ev)
    {
        if (ev is InboundPayload payload && !IsAllowed(payload)) return;
        var upstream = Volatile.Read(ref _upstream);
        if (upstream is null)
        {
            lock (_early)
            {
                upstream = _upstream;
                if (upstream is null) _early.Enqueue(ev);
            }
        }
        upstream?.Notify(ev);
    }

    /// <summary>Akka.Remote listens from now on.</summary>
    protected virtual void Begin(IHandleEventListener upstream)
    {
        lock (_early)
        {
            while (_early.TryDequeue(out var ev)) upstream.Notify(ev);
            Volatile.Write(ref _upstream, upstream);
        }
    }

    private async Task BeginAsync() => Begin(await ReadHandlerSource.Task.ConfigureAwait(false));

    private bool IsAllowed(InboundPayload payload)
    {
        if (RemotingRules.Allows(payload.Payload.Span, _isStore(), _transport.IsAnyStore, out var refused)) return true;
        _transport.Refusals.Message(_from, refused);
        return false;
    }
}
