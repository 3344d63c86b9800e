using System.Globalization;
using System.Text;

namespace TinyKv.Testing.Linearizability;

/// <summary>Values: a number that no other write uses, filled up to the size.</summary>
internal static class ValueText
{
    /// <summary>What the longest number and its colon need, in bytes.</summary>
    public const int MinSize = 21;

    /// <summary>The bytes of a value.</summary>
    public static byte[] Encode(long value, int size)
    {
        var bytes = new byte[Math.Max(size, MinSize)];
        var length = Encoding.ASCII.GetBytes($"{value}:", bytes);
        bytes.AsSpan(length).Fill((byte)'.');
        return bytes;
    }

    /// <summary>The number; one that was never written when the bytes were not made by <see cref="Encode"/>.</summary>
    public static long Decode(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)':');
        var intact = end > 0 && bytes[(end + 1)..].IndexOfAnyExcept((byte)'.') < 0;
        return intact && long.TryParse(bytes[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value : long.MaxValue;
    }
}
