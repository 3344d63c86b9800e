using System.Buffers.Binary;
using System.Net.Sockets;
using Google.Protobuf;
using TinyKv.Actors.Node;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Transport.Remoting;

/// <summary>Speaks Akka's protocol by hand, and says whatever it is told to.</summary>
internal sealed class RemotingPeer : IDisposable
{
    private readonly TcpClient _socket = new();
    private NetworkStream _stream = null!; // a socket that was found broken gives it out no more

    /// <summary>A connection to the remoting port of a store.</summary>
    public static async Task<RemotingPeer> ConnectAsync(StoreNode store)
    {
        var peer = new RemotingPeer();
        await peer._socket.ConnectAsync("127.0.0.1", store.Settings.Self.RemotingPort, Timeouts.Long);
        peer._stream = peer._socket.GetStream();
        return peer;
    }

    /// <summary>The handshake of a system at an address.</summary>
    public static byte[] Associate(string system, int port, int uid) => Bytes(2, [
        .. Number(1, 1),
        .. Bytes(2, [
            .. Bytes(1, [.. Text(1, system), .. Text(2, "127.0.0.1"), .. Number(3, (ulong)port), .. Text(4, "tcp")]),
            .. Fixed(2, (ulong)uid)])]);

    /// <summary>What a system says that does not listen to another any more.</summary>
    public static byte[] DisassociateQuarantined { get; } = Bytes(2, Number(1, 5));

    /// <summary>What a system sends every second.</summary>
    public static byte[] Heartbeat { get; } = Bytes(2, Number(1, 3));

    public async Task SendAsync(byte[] frame)
    {
        await BeginAsync(frame.Length);
        await WriteAsync(frame);
    }

    /// <summary>The length of a frame that is not sent.</summary>
    public Task BeginAsync(int length)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        return WriteAsync(bytes);
    }

    public async Task WriteAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, Timeouts.Long);
        }
        catch (IOException)
        {
            // Closed by the other side, which the next read tells.
        }
    }

    /// <summary>The next frame; null when the other side has hung up.</summary>
    public async Task<byte[]?> ReadAsync()
    {
        try
        {
            var length = new byte[4];
            await _stream.ReadExactlyAsync(length, Timeouts.Long);
            var frame = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            await _stream.ReadExactlyAsync(frame, Timeouts.Long);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Waits until the other side hangs up.</summary>
    public async Task WhenClosedAsync()
    {
        // It may say something before.
        var timeout = Timeouts.Long;
        while (await ReadAsync() is not null) timeout.ThrowIfCancellationRequested();
    }

    public void Dispose() => _socket.Dispose();

    public static byte[] Text(int field, string text) => Bytes(field, System.Text.Encoding.UTF8.GetBytes(text));

    public static byte[] Bytes(int field, byte[] bytes) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    });

    public static byte[] Number(int field, ulong value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteUInt64(value);
    });

    private static byte[] Fixed(int field, ulong value) => Write(output =>
    {
        output.WriteTag(field, WireFormat.WireType.Fixed64);
        output.WriteFixed64(value);
    });

    private static byte[] Write(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true)) write(output);
        return bytes.ToArray();
    }
}
