using System.Net;
using Akka.Actor;
using Akka.Remote.Transport;
using DotNetty.Transport.Channels;
using TinyKv.Protocol;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// A connection that somebody has made to the remoting port. Its first frame must be Akka's handshake, or the question
/// which incarnation listens here; who claims to be a store is let in when the store's own address confirms it.
/// </summary>
internal sealed class InboundConnection : IHandleEventListener
{
    // Akka sends one every second for as long as it waits for the answer to its handshake.
    private const int MaxHeartbeats = 64;

    private readonly GuardedTransport _transport;
    private readonly AssociationHandle _handle;
    private readonly IChannel _channel;
    private readonly RemotingSettings _settings;
    private readonly FrameBound _frames;
    private readonly ConnectionLedger.Place? _place;
    private readonly long _begun;
    private readonly Lock _opening = new();
    private Stage _stage;
    private int _heartbeats;
    private volatile GuardedHandle? _admitted;
    private volatile Address? _stranger;

    public InboundConnection(GuardedTransport transport, AssociationHandle handle, RemotingSettings settings)
    {
        (_transport, _handle, _settings) = (transport, handle, settings);
        _channel = GuardProvider.ChannelOf(handle);
        _begun = transport.Time.GetTimestamp();
        _frames = new FrameBound(transport.Unfinished, transport.Time, transport.Owes, Refuse);
        var address = (_channel.RemoteAddress as IPEndPoint)?.Address ?? IPAddress.None;
        _place = transport.Ledger.Enter(address, () => Refuse("others wait that have said nothing, either"));
    }

    private enum Stage
    {
        Silent,
        Claiming,
        Admitted,
        Closed,
    }

    /// <summary>Who has been let in without being a store, as he says; null for others.</summary>
    public Address? Stranger => _stranger;

    /// <summary>Since when it owes the rest of a message; 0 when it does not.</summary>
    public long UnfinishedSince => _frames.UnfinishedSince;

    /// <summary>Begins to read.</summary>
    /// <param name="ended">Called once, when the connection is closed.</param>
    public void Start(Action ended)
    {
        _ = _channel.CloseCompletion.ContinueWith(_ =>
        {
            _place?.Dispose();
            _frames.GiveUp();
            ended();
        }, TaskScheduler.Default);
        _channel.Pipeline.AddBefore("FrameDecoder", "TinyKvFrames", _frames);
        _handle.ReadHandlerSource.TrySetResult(this);
    }

    /// <summary>Closes a connection that takes too long; whether it still owes something.</summary>
    public bool CheckTime()
    {
        Stage stage;
        lock (_opening) stage = _stage;
        var age = _transport.Time.GetElapsedTime(_begun);
        if (stage == Stage.Silent && age > _settings.HandshakeTimeout) Refuse("no handshake in time");
        // The handshake, a connection to the store that it names, and that one's answer.
        else if (stage == Stage.Claiming && age > 3 * _settings.HandshakeTimeout) Refuse("not confirmed in time");
        else if (UnfinishedSince is var since and not 0 && _transport.Time.GetElapsedTime(since) > _settings.FrameTimeout)
            Refuse("a message that does not end");
        else return stage is Stage.Silent or Stage.Claiming || UnfinishedSince != 0;
        return false;
    }

    /// <summary>Closes it and says why.</summary>
    public void Refuse(string why)
    {
        lock (_opening)
        {
            if (_stage == Stage.Closed) return;
            _stage = Stage.Closed;
        }
        _frames.GiveUp();
        // There is none yet when the next that came was quicker to take it.
        _place?.Dispose();
        _transport.Refusals.Connection(_channel.RemoteAddress, why);
        _ = _channel.CloseAsync();
    }

    /// <inheritdoc/>
    public void Notify(IHandleEvent ev)
    {
        if (_admitted is { } admitted) admitted.Receive(ev);
        else if (ev is InboundPayload payload) Open(payload);
    }

    private void Open(InboundPayload payload)
    {
        lock (_opening)
        {
            if (_stage == Stage.Closed) return;
            if (_stage == Stage.Silent)
            {
                _stage = Stage.Claiming;
                _ = OpenAsync(payload);
                return;
            }
            // They have the size of a handshake at most, and nobody waits for them.
            if (++_heartbeats <= MaxHeartbeats) return;
        }
        Refuse("messages before the answer to its handshake");
    }

    private async Task OpenAsync(InboundPayload payload)
    {
        // Not within the lock.
        await Task.Yield();
        try
        {
            await ClaimAsync(payload).ConfigureAwait(false);
        }
        catch (MalformedMessageException)
        {
            Refuse("no handshake of Akka's");
        }
    }

    private async Task ClaimAsync(InboundPayload payload)
    {
        if (RemotingFrame.AsksUid(payload.Payload.Span))
        {
            _handle.Write(RemotingFrame.TellUid(_transport.Uid));
            _handle.Disassociate("it has only asked", _transport.Refusals.Log);
            return;
        }
        if (!RemotingFrame.TryHandshake(payload.Payload.Span, out var origin, out var uid))
            throw new MalformedMessageException("no handshake");
        var isStore = _transport.Known.IsStore(origin);
        // How many wait for a store's answer is bounded there.
        if (isStore) _place!.Dispose();
        if (_transport.IsSelf(origin)) Refuse("somebody under the address of this store");
        else if (isStore && !await _transport.Known.IsAsync(origin, uid).ConfigureAwait(false))
            Refuse("somebody under the address of a store that does not confirm it");
        else if (!isStore && !_place!.Establish()) Refuse("too many connections");
        else Admit(payload, origin, isStore);
    }

    private void Admit(InboundPayload payload, Address origin, bool isStore)
    {
        lock (_opening)
        {
            if (_stage != Stage.Claiming) return;
            _stage = Stage.Admitted;
        }
        _frames.Open((int)_transport.MaximumPayloadBytes, isStore);
        if (!isStore) _stranger = origin;
        var admitted = new GuardedHandle(_transport, _handle, _channel.RemoteAddress, () => isStore, payload);
        _admitted = admitted;
        // It may have ended before anybody listened.
        if (!_channel.Open) admitted.Receive(new Disassociated(DisassociateInfo.Unknown));
        _transport.Admit(admitted);
    }
}
