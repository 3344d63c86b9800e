using System.Buffers.Binary;

namespace TinyKv.Protocol;

/// <summary>How the content of a protobuf field is written; the numbers are those of the encoding.</summary>
internal enum FieldKind
{
    /// <summary>A number of one to ten bytes.</summary>
    Varint = 0,

    /// <summary>A number of eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>Bytes, a text or a message, behind their length.</summary>
    Bytes = 2,

    /// <summary>A number of four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>Walks over the fields of a protobuf message without allocating or copying, to check its form.</summary>
/// <param name="bytes">The message.</param>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private readonly int _length = bytes.Length;
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>How the current field is written.</summary>
    public FieldKind Kind { get; private set; }

    /// <summary>The current field's number, if it has one.</summary>
    public ulong Number { get; private set; }

    /// <summary>The current field's bytes, if it has some.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where in the message they begin.</summary>
    public readonly int Offset => _length - _rest.Length - Bytes.Length;

    /// <summary>Whether everything was read so far as it should be.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Goes to the next field; false at the end, and where the bytes are none.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty || !IsWhole) return false;
        IsWhole = ReadVarint(out var tag) && tag is >= 8 and <= uint.MaxValue;
        (Field, Kind) = ((int)(tag >> 3), (FieldKind)(tag & 7));
        return IsWhole = IsWhole && ReadContent();
    }

    private bool ReadContent()
    {
        switch (Kind)
        {
            case FieldKind.Varint:
                var isNumber = ReadVarint(out var number);
                Number = number;
                return isNumber;
            case FieldKind.Fixed64 when Take(sizeof(ulong)):
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Bytes);
                return true;
            case FieldKind.Fixed32 when Take(sizeof(uint)):
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Bytes);
                return true;
            case FieldKind.Bytes:
                return ReadVarint(out var length) && Take(length);
            default:
                return false;
        }
    }

    private bool Take(ulong length)
    {
        if (length > (ulong)_rest.Length) return false;
        Bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private bool ReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < _rest.Length && i < 10; i++)
        {
            value |= (ulong)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return true;
        }
        return false;
    }
}
