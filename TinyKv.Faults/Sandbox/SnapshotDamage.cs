using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Faults.Sandbox;

/// <summary>
/// Stands before the Raft port of a store: hands everything on, but turns a bit in some parts of snapshots, and breaks some
/// connections in the middle of one. What replicas say to each other passes as it is: TCP is trusted with that.
/// </summary>
internal sealed class SnapshotDamage : IAsyncDisposable
{
    // What a connection for snapshots says of itself.
    private const uint Snapshots = 2;

    // Requests for parts, and ends, are shorter.
    private const int ShortestPart = 4096;

    private const int OneDamagedOf = 10;
    private const int OneBrokenOf = 40;

    private readonly TcpListener _listener = new(IPAddress.Any, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly DnsEndPoint _store;
    private readonly Random _random;
    private readonly Task _accepting;
    private int _damaged;
    private int _broken;

    /// <param name="store">The Raft port.</param>
    /// <param name="seed">Decides which parts are damaged.</param>
    public SnapshotDamage(DnsEndPoint store, int seed)
    {
        (_store, _random) = (store, new Random(seed));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many parts were damaged.</summary>
    public int Damaged => Volatile.Read(ref _damaged);

    /// <summary>How many connections were broken.</summary>
    public int Broken => Volatile.Read(ref _broken);

    /// <summary>Ends all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient from)
    {
        using var incoming = from;
        using var outgoing = new TcpClient { NoDelay = true };
        from.NoDelay = true;
        try
        {
            await outgoing.ConnectAsync(_store.Host, _store.Port, _end.Token);
            var (sender, store) = (incoming.GetStream(), outgoing.GetStream());
            if (await ReadFrameAsync(sender) is not { } hello) return;
            await store.WriteAsync(hello, _end.Token);
            var carries = LinkHello.Parser.ParseFrom(hello.AsSpan(sizeof(int))).Traffic;
            // One direction that ends is the end of the other.
            await await Task.WhenAny(
                carries == Snapshots ? DamageAsync(sender, store) : sender.CopyToAsync(store, _end.Token),
                store.CopyToAsync(sender, _end.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // It ends at both sides.
        }
    }

    private async Task DamageAsync(NetworkStream from, NetworkStream to)
    {
        while (await ReadFrameAsync(from) is { } frame)
        {
            if (frame.Length >= ShortestPart && Damaged > 0 && Draws(OneBrokenOf))
            {
                await to.WriteAsync(frame.AsMemory(0, frame.Length / 2), _end.Token);
                Interlocked.Increment(ref _broken);
                return;
            }
            if (frame.Length >= ShortestPart && (Damaged == 0 || Draws(OneDamagedOf)))
            {
                // Not its ends, where the message says what follows: in a key, a value or the checksum.
                frame[frame.Length / 4 + Draw(frame.Length / 2)] ^= 1;
                Interlocked.Increment(ref _damaged);
            }
            await to.WriteAsync(frame, _end.Token);
        }
    }

    // With its length, four bytes with the lowest first; null: the connection has ended.
    private async Task<byte[]?> ReadFrameAsync(NetworkStream from)
    {
        var header = new byte[sizeof(int)];
        if (await from.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, _end.Token) < header.Length)
            return null;
        var frame = new byte[header.Length + BinaryPrimitives.ReadInt32LittleEndian(header)];
        header.CopyTo(frame, 0);
        await from.ReadExactlyAsync(frame.AsMemory(header.Length), _end.Token);
        return frame;
    }

    private bool Draws(int oneOf) => Draw(oneOf) == 0;

    private int Draw(int below)
    {
        lock (_random) return _random.Next(below);
    }
}
