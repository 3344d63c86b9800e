using System.Net;
using System.Net.Sockets;
using TinyKv.Actors.Transport.Links;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Transport.Links;

public sealed class LinkSocketsTests
{
    [Fact]
    public async Task An_address_from_which_nothing_comes_back_leaves_time_for_the_next()
    {
        using var store = new TcpListener(IPAddress.Loopback, 0);
        store.Start();
        var port = ((IPEndPoint)store.LocalEndpoint).Port;
        // Whose queue is full drops who connects.
        using var full = Socket(AddressFamily.InterNetwork);
        var silent = IPAddress.Parse("127.0.0.2");
        full.Bind(new IPEndPoint(silent, port));
        full.Listen(0);
        using var first = Socket(AddressFamily.InterNetwork);
        await first.ConnectAsync(new IPEndPoint(silent, port), Timeouts.Long);

        using var socket = await LinkSockets.ConnectAsync(
            [silent, IPAddress.Loopback], port, TimeSpan.FromMilliseconds(100), Timeouts.Long);

        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)socket.RemoteEndPoint!).Address);
    }

    private static Socket Socket(AddressFamily family) => new(family, SocketType.Stream, ProtocolType.Tcp);
}
