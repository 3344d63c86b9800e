using System.Net.Sockets;
using Grpc.Net.Client;
using TinyKv.Core.Keys;

namespace TinyKv.Client.Grpc;

/// <summary>How the client connects.</summary>
internal static class Channels
{
    // One value of the largest size, or many; with room for what newer stores may add.
    private const int MaxReplyBytes = Limits.MaxValueBytes + Limits.MaxReplyBytes;

    /// <summary>Makes a channel, which connects when it is used.</summary>
    /// <param name="address">host:port.</param>
    /// <param name="connectTimeout">How long opening a connection may take.</param>
    /// <param name="greeted">Told of each connection, when it is open and when something has come back over it.</param>
    public static GrpcChannel Open(string address, TimeSpan connectTimeout, Action<Greeting> greeted)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(10),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            UseProxy = false,
            // Also keeps gRPC from managing connections itself: its pauses between attempts grow to minutes.
            ConnectCallback = (context, cancellation) => ConnectAsync(context, connectTimeout, greeted, cancellation),
        };
        return GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxReplyBytes,
            MaxSendMessageSize = null,
        });
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, TimeSpan connectTimeout, Action<Greeting> greeted, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(connectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, timeout.Token);
            greeted(Greeting.None);
            return new GreetedStream(socket, greeted);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException("the connection could not be opened in time", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
