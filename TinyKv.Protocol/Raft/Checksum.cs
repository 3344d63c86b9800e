using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace TinyKv.Protocol.Raft;

/// <summary>CRC-32C after the bytes of a journal event, since not every journal has checksums of its own, and of a part of a
/// snapshot.</summary>
internal static class Checksum
{
    private const int Bytes = sizeof(uint);

    /// <summary>A message and its checksum.</summary>
    public static byte[] Sealed(IMessage message)
    {
        var buffer = NewBuffer(message.CalculateSize());
        message.WriteTo(Body(buffer));
        return Seal(buffer);
    }

    /// <summary>A buffer for a message of this size and its checksum.</summary>
    public static byte[] NewBuffer(int size) => new byte[size + Bytes];

    /// <summary>Where the message goes.</summary>
    public static Span<byte> Body(byte[] buffer) => buffer.AsSpan(0, buffer.Length - Bytes);

    /// <summary>Puts the checksum after the message.</summary>
    public static byte[] Seal(byte[] buffer)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(buffer.Length - Bytes), Of(Body(buffer)));
        return buffer;
    }

    /// <summary>The message without its checksum.</summary>
    /// <exception cref="MalformedMessageException">It does not match.</exception>
    public static ReadOnlyMemory<byte> Open(ReadOnlyMemory<byte> bytes, string what = "an event")
    {
        WireCodec.Require(bytes.Length >= Bytes, $"{what} is cut off");
        var body = bytes[..^Bytes];
        var expected = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[^Bytes..]);
        WireCodec.Require(Of(body.Span) == expected, $"{what}'s checksum does not match");
        return body;
    }

    private static uint Of(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var next in bytes) sum = BitOperations.Crc32C(sum, next);
        return ~sum;
    }
}
