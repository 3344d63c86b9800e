using System.Buffers.Binary;
using TinyKv.Protocol;

namespace TinyKv.Actors.Remoting;

/// <summary>
/// Reads single fields out of a protobuf message without a copy, and stricter than its parser: a field that is looked
/// for stands there at most once and with its own type, so that nobody reads another value than was checked.
/// </summary>
internal static class ProtoFields
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    /// <summary>The bytes of a text, a message or bytes; false when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static bool TryBytes(ReadOnlySpan<byte> message, int field, out ReadOnlySpan<byte> value) =>
        TryFind(message, field, Bytes, out value);

    /// <summary>A number of variable length; 0 when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static ulong Number(ReadOnlySpan<byte> message, int field) =>
        TryFind(message, field, Varint, out var bytes) ? ReadVarint(ref bytes) : 0;

    /// <summary>A number of eight bytes; 0 when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static ulong FixedNumber(ReadOnlySpan<byte> message, int field) =>
        TryFind(message, field, Fixed64, out var bytes) ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : 0;

    private static bool TryFind(ReadOnlySpan<byte> rest, int field, int type, out ReadOnlySpan<byte> value)
    {
        value = default;
        var found = false;
        while (!rest.IsEmpty)
        {
            var tag = ReadVarint(ref rest);
            if (tag is < 8 or > uint.MaxValue) throw Malformed();
            var content = Take(ref rest, (int)(tag & 7));
            if ((int)(tag >> 3) != field) continue;
            if (found || (int)(tag & 7) != type) throw Malformed();
            value = content;
            found = true;
        }
        return found;
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> rest, int type)
    {
        ulong length;
        switch (type)
        {
            case Varint:
                var start = rest;
                _ = ReadVarint(ref rest);
                return start[..^rest.Length];
            case Fixed64: length = 8; break;
            case Fixed32: length = 4; break;
            case Bytes: length = ReadVarint(ref rest); break;
            default: throw Malformed();
        }
        if (length > (ulong)rest.Length) throw Malformed();
        var content = rest[..(int)length];
        rest = rest[(int)length..];
        return content;
    }

    private static ulong ReadVarint(scoped ref ReadOnlySpan<byte> rest)
    {
        var value = 0UL;
        for (var i = 0; i < 10 && i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] >= 0x80) continue;
            rest = rest[(i + 1)..];
            return value;
        }
        throw Malformed();
    }

    private static MalformedMessageException Malformed() => new("not a message of Akka's protocol");
}
