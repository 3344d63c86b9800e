using System.Text;

namespace TinyKv.Testing.Linearizability;

/// <summary>Keys and values for people: ASCII as it is, all else in hexadecimal.</summary>
internal static class ByteText
{
    /// <summary>The text, without spaces; other bytes have another one.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (var each in bytes)
        {
            if (each is > (byte)' ' and < 0x7f and not (byte)'\\') text.Append((char)each);
            else text.Append($"\\x{each:x2}");
        }
        return text.ToString();
    }
}
