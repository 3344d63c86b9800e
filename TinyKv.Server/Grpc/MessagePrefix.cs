using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace TinyKv.Server.Grpc;

/// <summary>What gRPC puts before each message.</summary>
/// <param name="IsCompressed">The message is compressed.</param>
/// <param name="Bytes">The length of the message.</param>
internal readonly record struct MessagePrefix(bool IsCompressed, long Bytes)
{
    /// <summary>How many bytes it has itself.</summary>
    public const int Size = 5;

    /// <summary>
    /// What a compressed message is answered with. What arrives is bounded over all calls and streams, and what comes out of
    /// it, which may be a thousand times as much, could only be for each message.
    /// </summary>
    public static Status CompressedRefusal { get; } = new(StatusCode.Unimplemented,
        "compressed messages are not supported; send them with grpc-encoding identity");

    /// <summary>Reads the one at the beginning of a buffer of at least <see cref="Size"/> bytes.</summary>
    public static MessagePrefix Of(ReadOnlySequence<byte> buffer)
    {
        Span<byte> prefix = stackalloc byte[Size];
        buffer.Slice(0, Size).CopyTo(prefix);
        // gRPC refuses other flags by itself.
        return new MessagePrefix(prefix[0] == 1, BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]));
    }
}
