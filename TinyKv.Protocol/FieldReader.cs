namespace TinyKv.Protocol;

/// <summary>
/// Walks over the fields of a protobuf message without allocating, to check its form. Stricter than a parser: fields
/// ascend, as encoders write them, and have numbers or bytes.
/// </summary>
/// <param name="bytes">The message.</param>
internal ref struct FieldReader(ReadOnlySpan<byte> bytes)
{
    private const int Varint = 0;
    private const int LengthDelimited = 2;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Whether the current field has bytes, not a number.</summary>
    public bool HasBytes { get; private set; }

    /// <summary>The current field's number.</summary>
    public ulong Number { get; private set; }

    /// <summary>The current field's bytes.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether everything was read so far as it should be.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>Goes to the next field; false at the end, and where the bytes are none.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        var last = Field;
        IsWhole = ReadVarint(out var tag) && tag >> 3 is > 0 and < int.MaxValue && (int)(tag >> 3) >= last
            && ReadValue((int)(tag & 7));
        Field = (int)(tag >> 3);
        return IsWhole;
    }

    private bool ReadValue(int wireType)
    {
        HasBytes = wireType == LengthDelimited;
        if (!HasBytes && wireType != Varint) return false;
        if (!ReadVarint(out var number)) return false;
        Number = number;
        if (!HasBytes) return true;
        if (number > (ulong)_rest.Length) return false;
        Bytes = _rest[..(int)number];
        _rest = _rest[(int)number..];
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
