using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using Akka.Remote.Transport;
using TinyKv.Actors.Telemetry;
using AkkaTransport = Akka.Remote.Transport.Transport;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Stands between the sockets and Akka.Remote. A connection from outside reaches Akka only after its handshake has
/// arrived in time and its claim to be a store was confirmed; what is sent over it is checked frame by frame.
/// </summary>
internal sealed class GuardedTransport : AkkaTransport, IAssociationEventListener
{
    private readonly AkkaTransport _inner;
    private readonly GuardSetup _setup;
    private readonly ConcurrentDictionary<InboundConnection, byte> _connections = new();
    private readonly Sweeps _sweeps;
    private volatile IAssociationEventListener? _upstream;

    public GuardedTransport(AkkaTransport inner, ExtendedActorSystem system, GuardSetup setup)
    {
        (_inner, _setup, System, Config) = (inner, setup, system, inner.Config);
        Known = new KnownStores(setup.IsStore, AskAsync);
        Refusals = new RemotingRefusals(Logging.GetLogger(system, typeof(GuardedTransport)), new LogLimit(system.Scheduler));
        Ledger = new ConnectionLedger(
            ConnectionBounds.Of(setup.Settings.MaxConnections, setup.Settings.MaxConnectionsPerAddress));
        Unfinished = new UnfinishedFrames(setup.Settings.MaxUnfinishedBytes, GiveUpOldest);
        _sweeps = new Sweeps(Time, setup.Settings.HandshakeTimeout / 4, CheckTimes);
        setup.Changed += CheckStrangers;
    }

    /// <summary>Which addresses are stores, and whose claim is true.</summary>
    public KnownStores Known { get; }

    /// <summary>Counts and logs what is not taken.</summary>
    public RemotingRefusals Refusals { get; }

    /// <summary>Who is connected and is no store.</summary>
    public ConnectionLedger Ledger { get; }

    /// <summary>What they hold of unfinished frames.</summary>
    public UnfinishedFrames Unfinished { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; } = TimeProvider.System;

    /// <summary>The number of this incarnation.</summary>
    public int Uid => AddressUidExtension.Uid(System);

    /// <inheritdoc/>
    public override string SchemeIdentifier => _inner.SchemeIdentifier;

    /// <inheritdoc/>
    public override long MaximumPayloadBytes => _inner.MaximumPayloadBytes;

    /// <inheritdoc/>
    public override bool IsResponsibleFor(Address remote) => _inner.IsResponsibleFor(remote);

    /// <inheritdoc/>
    public override Task<bool> ManagementCommand(object message) => _inner.ManagementCommand(message);

    /// <inheritdoc/>
    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var (address, inner) = await _inner.Listen().ConfigureAwait(false);
        var upstream = new TaskCompletionSource<IAssociationEventListener>();
        _ = ForwardAsync();
        return (address, upstream);

        async Task ForwardAsync()
        {
            _upstream = await upstream.Task.ConfigureAwait(false);
            inner.TrySetResult(this);
        }
    }

    /// <inheritdoc/>
    public override async Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var handle = await _inner.Associate(remoteAddress).ConfigureAwait(false);
        return new OutboundHandle(this, handle, remoteAddress);
    }

    /// <inheritdoc/>
    public override Task<bool> Shutdown()
    {
        _setup.Changed -= CheckStrangers;
        _sweeps.Dispose();
        return _inner.Shutdown();
    }

    /// <summary>Somebody has connected.</summary>
    public void Notify(IAssociationEvent ev)
    {
        if (ev is not InboundAssociation inbound)
        {
            _upstream?.Notify(ev);
            return;
        }
        var connection = new InboundConnection(this, inbound.Association, _setup.Settings);
        _connections[connection] = 0;
        Owes();
        connection.Start(() => _connections.TryRemove(connection, out _));
    }

    /// <summary>Whether somebody claims to be this store itself.</summary>
    public bool IsSelf(Address origin) => (origin.Host, origin.Port) == (_setup.Self.Host, _setup.Self.Port);

    /// <summary>Whether an address is that of a store, or of this one.</summary>
    public bool IsAnyStore(Address address) => Known.IsStore(address) || IsSelf(address);

    /// <summary>Lets Akka.Remote have a connection.</summary>
    public void Admit(AssociationHandle handle) => _upstream?.Notify(new InboundAssociation(handle));

    /// <summary>A connection owes its handshake, or the rest of a message.</summary>
    public void Owes() => _sweeps.Need();

    private bool CheckTimes()
    {
        var owed = false;
        foreach (var connection in _connections.Keys) owed |= connection.CheckTime();
        return owed;
    }

    // Who was let in as a stranger and is a store by now has to say so again, or nobody would believe it.
    private void CheckStrangers()
    {
        foreach (var connection in _connections.Keys)
            if (connection.Stranger is { } origin && Known.IsStore(origin)) connection.Refuse("a store is there by now");
    }

    private void GiveUpOldest()
    {
        var oldest = _connections.Keys.Select(connection => (connection, connection.UnfinishedSince))
            .Where(each => each.UnfinishedSince != 0).MinBy(each => each.UnfinishedSince).connection;
        oldest?.Refuse("too much of unfinished messages");
    }

    private async Task<int?> AskAsync(Address store)
    {
        try
        {
            var handle = await ConnectAsync(store.WithProtocol(SchemeIdentifier)).ConfigureAwait(false);
            var answer = new AnswerListener();
            handle.ReadHandlerSource.TrySetResult(answer);
            handle.Write(RemotingFrame.AskUid);
            try
            {
                return await answer.Uid.WaitAsync(_setup.Settings.HandshakeTimeout).ConfigureAwait(false);
            }
            finally
            {
                handle.Disassociate("it was only asked", Refusals.Log);
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the reason, the claim is not confirmed; who made it comes again.
            Refusals.NotConfirmed(store, e);
            return null;
        }
    }

    private async Task<AssociationHandle> ConnectAsync(Address store)
    {
        var connecting = _inner.Associate(store);
        try
        {
            return await connecting.WaitAsync(_setup.Settings.HandshakeTimeout).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Nobody else would close a connection that comes later.
            _ = CloseLateAsync(connecting);
            throw;
        }
    }

    private async Task CloseLateAsync(Task<AssociationHandle> connecting)
    {
        var late = await connecting.ConfigureAwait(false);
        late.Disassociate("it came too late", Refusals.Log);
    }
}
