using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport.Links;

/// <summary>Connections between stores as TCP makes them.</summary>
internal sealed class LinkSockets : ILinkNetwork
{
    // One from which nothing comes back leaves time for the next.
    private static readonly TimeSpan TimePerAddress = TimeSpan.FromSeconds(2);

    private readonly Func<StoreId, IReadOnlyList<DnsEndPoint>> _where;
    private readonly ConcurrentDictionary<StoreId, int> _attempts = new();
    private readonly Socket _listener;

    private LinkSockets(Func<StoreId, IReadOnlyList<DnsEndPoint>> where, Socket listener) =>
        (_where, _listener) = (where, listener);

    /// <summary>Listens on the Raft port of a store.</summary>
    /// <param name="where">Where a store may listen, and which addresses of it are looked up; one after the other is tried,
    /// an attempt each.</param>
    /// <param name="bind">The address of this one, and its port.</param>
    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public static LinkSockets Bind(Func<StoreId, IReadOnlyList<DnsEndPoint>> where, IPEndPoint bind)
    {
        var listener = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (bind.Address.Equals(IPAddress.IPv6Any)) listener.DualMode = true;
            listener.Bind(bind);
            listener.Listen();
        }
        catch
        {
            listener.Dispose();
            throw;
        }
        return new LinkSockets(where, listener);
    }

    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation)
    {
        var places = _where(store);
        if (places.Count == 0) throw new IOException("nobody knows where it is");
        var there = places[_attempts.AddOrUpdate(store, 0, (_, attempts) => (attempts + 1) & int.MaxValue) % places.Count];
        try
        {
            var addresses = IPAddress.TryParse(there.Host, out var literal) ? [literal]
                : await Dns.GetHostAddressesAsync(there.Host, there.AddressFamily, cancellation);
            if (addresses.Length == 0) throw new IOException($"{there.Host} has no address");
            return StreamOf(await ConnectAsync(addresses, there.Port, TimePerAddress, cancellation));
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Connects to the first of some addresses at which somebody answers in time.</summary>
    internal static async Task<Socket> ConnectAsync(
        IPAddress[] addresses, int port, TimeSpan each, CancellationToken cancellation)
    {
        for (var next = 0; ; next++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(each);
            try
            {
                return await ConnectAsync(new IPEndPoint(addresses[next], port), limit.Token);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException
                && next + 1 < addresses.Length && !cancellation.IsCancellationRequested)
            {
                // Nobody is there; perhaps at the next.
            }
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint there, CancellationToken cancellation)
    {
        var socket = new Socket(there.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(there, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IncomingLink> AcceptAsync()
    {
        Socket? socket = null;
        try
        {
            socket = await _listener.AcceptAsync();
            return new IncomingLink(StreamOf(socket), (IPEndPoint)socket.RemoteEndPoint!);
        }
        catch (Exception e)
            when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            throw new OperationCanceledException("the port was closed", e);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static NetworkStream StreamOf(Socket socket)
    {
        // A batch waits for no other.
        socket.NoDelay = true;
        return new NetworkStream(socket, ownsSocket: true);
    }
}
