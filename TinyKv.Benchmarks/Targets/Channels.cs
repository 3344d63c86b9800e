using System.Net.Sockets;
using Grpc.Net.Client;

namespace TinyKv.Benchmarks.Targets;

/// <summary>Several connections to one address, used in turn.</summary>
internal sealed class Channels : IDisposable
{
    private readonly GrpcChannel[] _channels;
    private int _next;

    /// <summary>Connects lazily.</summary>
    public Channels(string address, int connections)
    {
        _channels = [.. Enumerable.Range(0, connections).Select(_ => Open(address))];
    }

    /// <summary>The next in turn, as a stub.</summary>
    public T Next<T>(T[] stubs) => stubs[(uint)Interlocked.Increment(ref _next) % (uint)stubs.Length];

    /// <summary>One stub for each connection.</summary>
    public T[] Stubs<T>(Func<GrpcChannel, T> make) => Array.ConvertAll(_channels, channel => make(channel));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var channel in _channels) channel.Dispose();
    }

    // The same for every system: as the .NET client of TinyKv connects.
    private static GrpcChannel Open(string address) => GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            UseProxy = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
    });
}
