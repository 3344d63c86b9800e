using System.Net.Sockets;

namespace TinyKv.Client.Grpc;

/// <summary>What came back from an address at best, over any connection.</summary>
internal enum Greeting
{
    /// <summary>Nothing, or too little to tell; it took a connection.</summary>
    None,

    /// <summary>Something that is not HTTP/2.</summary>
    Other,

    /// <summary>HTTP/2.</summary>
    Http2,
}

/// <summary>A connection to what may be a store: hears whether the other side begins as HTTP/2 does.</summary>
/// <param name="socket">Connected.</param>
/// <param name="greeted">Told once, when the other side has said enough.</param>
internal sealed class GreetedStream(Socket socket, Action<Greeting> greeted) : NetworkStream(socket, ownsSocket: true)
{
    private const int LargestFirstFrame = 16_384;
    private const byte Settings = 4;
    private const byte GoAway = 7;

    // Of a frame: three bytes of length, type, flags, four bytes of stream.
    private readonly byte[] _header = new byte[9];
    private int _known;

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _known == _header.Length ? base.ReadAsync(buffer, cancellationToken) : ReadGreetingAsync(buffer, cancellationToken);

    private async ValueTask<int> ReadGreetingAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var count = await base.ReadAsync(buffer, cancellation);
        var taken = Math.Min(count, _header.Length - _known);
        buffer.Span[..taken].CopyTo(_header.AsSpan(_known));
        _known += taken;
        if (taken > 0 && _known == _header.Length) greeted(IsFirstFrame(_header) ? Greeting.Http2 : Greeting.Other);
        return count;
    }

    // A server that is about to end may say that first.
    private static bool IsFirstFrame(ReadOnlySpan<byte> header) =>
        ((header[0] << 16) | (header[1] << 8) | header[2]) <= LargestFirstFrame
        && header[3] is Settings or GoAway
        && header[5..].IndexOfAnyExcept((byte)0) < 0;
}
