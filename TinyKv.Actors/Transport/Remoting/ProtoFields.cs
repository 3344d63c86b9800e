using TinyKv.Protocol;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Reads single fields out of a protobuf message without a copy, and stricter than its parser: a field that is looked
/// for stands there at most once and with its own type, so that nobody reads another value than was checked.
/// </summary>
internal static class ProtoFields
{
    /// <summary>The bytes of a text, a message or bytes; false when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static bool TryBytes(ReadOnlySpan<byte> message, int field, out ReadOnlySpan<byte> value)
    {
        var isThere = TryFind(message, field, FieldKind.Bytes, out var found);
        value = found.Bytes;
        return isThere;
    }

    /// <summary>A number of variable length; 0 when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static ulong Number(ReadOnlySpan<byte> message, int field) =>
        TryFind(message, field, FieldKind.Varint, out var found) ? found.Number : 0;

    /// <summary>A number of eight bytes; 0 when the field is missing.</summary>
    /// <exception cref="MalformedMessageException">Not protobuf, or the field stands there twice.</exception>
    public static ulong FixedNumber(ReadOnlySpan<byte> message, int field) =>
        TryFind(message, field, FieldKind.Fixed64, out var found) ? found.Number : 0;

    private static bool TryFind(ReadOnlySpan<byte> message, int field, FieldKind kind, out FieldReader found)
    {
        found = default;
        var isThere = false;
        var reader = new FieldReader(message);
        while (reader.Next())
        {
            if (reader.Field != field) continue;
            if (isThere || reader.Kind != kind) throw Malformed();
            found = reader;
            isThere = true;
        }
        return reader.IsWhole ? isThere : throw Malformed();
    }

    private static MalformedMessageException Malformed() => new("not a message of Akka's protocol");
}
