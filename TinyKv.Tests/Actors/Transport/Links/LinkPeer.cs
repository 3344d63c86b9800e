using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Wire.Internal;
using TinyKv.Tests.Actors.Node;
using StoreHello = TinyKv.Core.Stores.StoreHello;

namespace TinyKv.Tests.Actors.Transport.Links;

/// <summary>The other end of a connection between stores, which says what a test wants.</summary>
internal sealed class LinkPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly FrameReader _reader;

    public LinkPeer(Socket socket)
    {
        (_socket, _stream) = (socket, new NetworkStream(socket));
        _reader = new FrameReader(_stream);
    }

    /// <summary>What store 2 of cluster 77 says to store 1, as incarnation 20 to incarnation 10.</summary>
    public static LinkHello Hello => new()
    {
        Protocol = StoreHello.CurrentProtocol,
        ClusterId = 77,
        FromStore = 2,
        ToStore = 1,
        Incarnation = 20,
        Accepts = 10,
        Traffic = 1,
    };

    public static async Task<LinkPeer> ConnectAsync(int port, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (from is not null) socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Timeouts.Long);
        return new LinkPeer(socket);
    }

    public ValueTask SayAsync(IMessage message) => SayAsync(Frame.Of(message));

    public ValueTask SayAsync(byte[] bytes) => _stream.WriteAsync(bytes, Timeouts.Long);

    public async Task<LinkHello> HearHelloAsync() => LinkHello.Parser.ParseFrom(await HearAsync());

    public async Task<byte[]> HearAsync() => await _reader.ReadAsync(1 << 24, Timeouts.Long) ?? throw new IOException("closed");

    /// <summary>Introduces itself; what the other side answers.</summary>
    public async Task<LinkHello> IntroduceAsync(LinkHello hello)
    {
        await SayAsync(hello);
        return await HearHelloAsync();
    }

    /// <summary>Waits until the other side has hung up.</summary>
    public async Task ClosedAsync()
    {
        try
        {
            while (await _stream.ReadAsync(new byte[1024], Timeouts.Long) > 0) continue;
        }
        catch (IOException)
        {
            // It did so while it was spoken to.
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
