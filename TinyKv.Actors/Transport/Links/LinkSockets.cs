using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport.Links;

/// <summary>Connections between stores as TCP makes them.</summary>
internal sealed class LinkSockets : ILinkNetwork
{
    // One from which nothing comes back leaves time for the next.
    private static readonly TimeSpan TimePerAddress = TimeSpan.FromSeconds(2);

    private readonly ImmutableDictionary<StoreId, DnsEndPoint> _stores;
    private readonly Socket _listener;

    private LinkSockets(ImmutableDictionary<StoreId, DnsEndPoint> stores, Socket listener) =>
        (_stores, _listener) = (stores, listener);

    /// <summary>Listens on the Raft port of a store.</summary>
    /// <param name="stores">Where the stores listen, and which addresses of theirs are looked up.</param>
    /// <param name="bind">The address of this one, and its port.</param>
    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public static LinkSockets Bind(ImmutableDictionary<StoreId, DnsEndPoint> stores, IPEndPoint bind)
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
        return new LinkSockets(stores, listener);
    }

    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(StoreId store, CancellationToken cancellation)
    {
        var there = _stores[store];
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
