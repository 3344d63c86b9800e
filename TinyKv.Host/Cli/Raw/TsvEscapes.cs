using System.Buffers;
using System.Globalization;
using System.Text;

namespace TinyKv.Host.Cli.Raw;

/// <summary>
/// Any bytes as text on one line without a TAB: <c>\t \n \r \\</c>, and <c>\xNN</c> for other control characters
/// and for what is not UTF-8. Reading gives the same bytes back.
/// </summary>
internal static class TsvEscapes
{
    public static byte[] Escape(ReadOnlySpan<byte> bytes)
    {
        var writer = new ArrayBufferWriter<byte>(bytes.Length + 16);
        Write(writer, bytes);
        return writer.WrittenSpan.ToArray();
    }

    public static void Write(IBufferWriter<byte> writer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var plain = PlainPrefix(bytes);
            if (plain > 0)
            {
                writer.Write(bytes[..plain]);
                bytes = bytes[plain..];
                continue;
            }
            WriteEscape(writer, bytes[0]);
            bytes = bytes[1..];
        }
    }

    /// <exception cref="FormatException">Not text, or an unknown escape; says where.</exception>
    public static byte[] Read(ReadOnlySpan<byte> text, string what)
    {
        if (text.IndexOf((byte)'\\') < 0) return text.ToArray();
        var bytes = new byte[text.Length];
        var length = 0;
        for (var at = 0; at < text.Length; length++)
        {
            if (text[at] != '\\') bytes[length] = text[at++];
            else (bytes[length], at) = ReadEscape(text, at, what);
        }
        return bytes[..length];
    }

    private static (byte Value, int Next) ReadEscape(ReadOnlySpan<byte> text, int at, string what)
    {
        switch (at + 1 < text.Length ? text[at + 1] : (byte)0)
        {
            case (byte)'t': return ((byte)'\t', at + 2);
            case (byte)'n': return ((byte)'\n', at + 2);
            case (byte)'r': return ((byte)'\r', at + 2);
            case (byte)'\\': return ((byte)'\\', at + 2);
            case (byte)'x' when at + 4 <= text.Length
                && byte.TryParse(text.Slice(at + 2, 2), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture, out var value):
                return (value, at + 4);
            default:
                throw new FormatException(
                    $"a backslash in the {what} begins none of \\t \\n \\r \\\\ and \\xNN; a plain one is \\\\");
        }
    }

    /// <summary>How many bytes can stand as they are: whole characters of valid UTF-8, none to be escaped.</summary>
    private static int PlainPrefix(ReadOnlySpan<byte> bytes)
    {
        var length = 0;
        while (length < bytes.Length)
        {
            var first = bytes[length];
            if (first < 0x80)
            {
                if (first < 0x20 || first is 0x7f or (byte)'\\') break;
                length++;
            }
            else if (Rune.DecodeFromUtf8(bytes[length..], out _, out var size) == OperationStatus.Done)
            {
                length += size;
            }
            else
            {
                break;
            }
        }
        return length;
    }

    private static void WriteEscape(IBufferWriter<byte> writer, byte value)
    {
        switch (value)
        {
            case (byte)'\t': writer.Write("\\t"u8); break;
            case (byte)'\n': writer.Write("\\n"u8); break;
            case (byte)'\r': writer.Write("\\r"u8); break;
            case (byte)'\\': writer.Write("\\\\"u8); break;
            default: writer.Write(Encoding.ASCII.GetBytes($"\\x{value:x2}")); break;
        }
    }
}
