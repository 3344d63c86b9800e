using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Server.Ports;

namespace TinyKv.Server.StatusPages;

/// <summary>
/// The listener of the status port. A thread of its own accepts the connections, looks at what each asks for, and answers
/// probes of liveness itself, so that they wait neither for a thread of the pool nor behind other requests. Whoever asks
/// for anything else is Kestrel's.
/// </summary>
internal sealed class StatusListener : IConnectionListener
{
    private const int Backlog = 4096;

    // Between two looks at those that have not said yet what they want: few against the bound on these, so that
    // everybody is looked at several times before he has to make room.
    private const int MaxAccepted = 64;

    // Far more than a probe has: a longer request is Kestrel's, because each look reads all of it.
    private const int MaxRequestBytes = 4 * 1024;

    // How often those that have connected are looked at.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    // How long a stop may wait where the socket cannot be woken.
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly ConnectionBounds _bounds;
    private readonly TimeSpan _timeout;
    private readonly ConnectionLedger _ledger;
    private readonly Func<(int Code, string Text)> _liveness;
    private readonly RefusedConnections _refused;
    private readonly SocketConnectionContextFactory _connections;
    private readonly Channel<StatusCaller> _callers;
    private readonly List<StatusCaller> _undecided = [];
    private readonly byte[] _buffer = new byte[MaxRequestBytes];
    private readonly ManualResetEventSlim _stops = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StatusListener(
        Socket socket, ConnectionBounds bounds, TimeSpan timeout, Func<(int Code, string Text)> liveness, ILogger log)
    {
        _timeout = timeout;
        (_socket, _bounds, _ledger, _liveness) = (socket, bounds, new ConnectionLedger(bounds), liveness);
        _refused = new RefusedConnections("status", log);
        _connections = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(), log);
        _callers = Channel.CreateBounded<StatusCaller>(
            new BoundedChannelOptions(bounds.Silent) { FullMode = BoundedChannelFullMode.DropOldest }, oldest => oldest.Close());
        EndPoint = socket.LocalEndPoint!;
        new Thread(Run) { IsBackground = true, Name = "status port" }.Start();
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <summary>Lets those through that Kestrel serves; they keep their place as long as they are connected.</summary>
    public static ConnectionDelegate Over(ConnectionDelegate next) => async connection =>
    {
        using var place = connection.Features.Get<ConnectionLedger.Place>();
        await next(connection);
    };

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _callers.Reader.WaitToReadAsync(cancellationToken))
            while (_callers.Reader.TryRead(out var caller))
                if (caller.Serve(_connections) is { } connection) return connection;
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        if (!_stops.IsSet)
        {
            _stops.Set();
            Wake();
        }
        await _ended.Task;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        _connections.Dispose();
        _stops.Dispose();
    }

    private void Run()
    {
        while (!_stops.IsSet)
        {
            // The more there are, the less often, so that those who only wait cost next to nothing.
            AcceptSome(timeout: _undecided.Count == 0 ? Idle : Tick * (1 + _undecided.Count / 64));
            _undecided.RemoveAll(TryFinish);
        }
        _socket.Dispose();
        _undecided.ForEach(caller => caller.Close());
        _callers.Writer.Complete();
        _ended.SetResult();
    }

    private void AcceptSome(TimeSpan timeout)
    {
        try
        {
            for (var i = 0; i < MaxAccepted && _socket.Poll(i == 0 ? timeout : TimeSpan.Zero, SelectMode.SelectRead); i++)
                Add(_socket.Accept());
        }
        catch (SocketException e) when (e.SocketErrorCode
            is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.WouldBlock)
        {
            // It has gone.
        }
        catch (SocketException)
        {
            // There are no sockets any more; somebody may close one.
            _stops.Wait(Tick);
        }
    }

    // Where a listening socket cannot be shut down, the thread looks after a while.
    private void Wake()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The latter: it has just seen by itself that it is to stop.
        }
    }

    private void Add(Socket socket)
    {
        try
        {
            (socket.Blocking, socket.NoDelay) = (false, true);
        }
        catch (SocketException)
        {
            // It has gone.
            socket.Dispose();
            return;
        }
        var caller = new StatusCaller(socket);
        caller.Enter(_ledger, () => _refused.MakesRoom(caller.Address, _bounds));
        _undecided.Add(caller);
    }

    private bool TryFinish(StatusCaller caller)
    {
        switch (caller.Look(_buffer))
        {
            case StatusRequest.Unfinished when caller.Age < _timeout:
                return false;
            case StatusRequest.Unfinished:
                _refused.TooSlow(caller.Address, "request", _timeout);
                caller.Close();
                break;
            case StatusRequest.Liveness:
                var (code, text) = _liveness();
                caller.Answer(code, text, _buffer);
                break;
            case StatusRequest.Other when _callers.Writer.TryWrite(caller):
                break;
            default:
                caller.Close();
                break;
        }
        return true;
    }

    /// <summary>Makes the listener for Kestrel.</summary>
    /// <param name="bounds">How many connections there may be.</param>
    /// <param name="timeout">How long a connection may take to say what it wants.</param>
    /// <param name="liveness">The answer to a probe of liveness; must not wait for anything.</param>
    /// <param name="log">It has to bound what is said there.</param>
    public sealed class Factory(
        ConnectionBounds bounds, TimeSpan timeout, Func<(int Code, string Text)> liveness, ILogger<StatusListener> log)
        : IConnectionListenerFactory
    {
        /// <inheritdoc/>
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
        {
            Socket? socket = null;
            try
            {
                socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                socket.Listen(Backlog);
                // A connection that is reset before it is accepted leaves the queue on some systems.
                socket.Blocking = false;
                return new(new StatusListener(socket, bounds, timeout, liveness, log));
            }
            catch (SocketException failure)
            {
                socket?.Dispose();
                if (failure.SocketErrorCode != SocketError.AddressAlreadyInUse) throw;
                throw new AddressInUseException(failure.Message, failure);
            }
        }
    }
}
