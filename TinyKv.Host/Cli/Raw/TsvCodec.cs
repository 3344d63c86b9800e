using System.Buffers;
using TinyKv.Client;

namespace TinyKv.Host.Cli.Raw;

/// <summary>Key, TAB, value: see <see cref="TsvEscapes"/> for what the two look like.</summary>
internal sealed class TsvCodec(bool hex) : PairCodec
{
    public override void Write(IBufferWriter<byte> writer, RawPair pair, bool keysOnly = false)
    {
        WriteField(writer, pair.Key);
        if (!keysOnly)
        {
            writer.Write("\t"u8);
            WriteField(writer, pair.Value);
        }
        writer.Write("\n"u8);
    }

    protected override RawPair Decode(ReadOnlySpan<byte> line)
    {
        RefuseWhatIsNotText(line);
        var tab = line.IndexOf((byte)'\t');
        if (tab < 0) throw new FormatException("expected KEY TAB VALUE, found no TAB");
        var value = line[(tab + 1)..];
        if (value.Contains((byte)'\t'))
            throw new FormatException("expected KEY TAB VALUE, found a second TAB; within a value it is \\t");
        return new RawPair(ReadField(line[..tab], "key"), ReadField(value, "value"));
    }

    private void WriteField(IBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        if (hex) writer.Write(ToHex(bytes));
        else TsvEscapes.Write(writer, bytes);
    }

    private byte[] ReadField(ReadOnlySpan<byte> text, string what) =>
        hex ? FromHex(text, what) : TsvEscapes.Read(text, what);

    // A binary file is told from text here, before any of it is taken for a key.
    private static void RefuseWhatIsNotText(ReadOnlySpan<byte> line)
    {
        for (var at = 0; at < line.Length; at++)
            if (line[at] is < 0x20 and not (byte)'\t' or 0x7f)
                throw new FormatException($"expected text, KEY TAB VALUE, found the byte 0x{line[at]:x2} at " +
                    $"column {at + 1}; such a byte is written \\x{line[at]:x2}");
        if (Utf8Text.FirstInvalid(line) is >= 0 and var bad)
            throw new FormatException($"expected text, KEY TAB VALUE, found a byte that is not UTF-8, 0x{line[bad]:x2}, " +
                $"at column {bad + 1}; such a byte is written \\x{line[bad]:x2}");
    }
}
