using System.Text;
using TinyKv.Core.Keys;

namespace TinyKv.Host.Cli;

/// <summary>Keys and values between the command line, people and bytes.</summary>
internal static class KeyText
{
    /// <summary>The bytes that an argument stands for.</summary>
    public static byte[] Parse(string name, string text, bool hex)
    {
        if (!hex) return Encoding.UTF8.GetBytes(text);
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw new UsageException(
                $"{name} '{text}' is not hexadecimal: expected an even number of digits 0-9 and a-f");
        }
    }

    /// <summary>A key from the command line, checked.</summary>
    public static byte[] ParseKey(string name, string text, bool hex)
    {
        var key = Parse(name, text, hex);
        if (WhyNotAKey(key) is { } reason) throw new UsageException($"{name} is {reason}");
        return key;
    }

    /// <summary>A value from the command line, checked.</summary>
    public static byte[] ParseValue(string name, string text, bool hex)
    {
        var value = Parse(name, text, hex);
        if (WhyNotAValue(value) is { } reason) throw new UsageException($"{name} is {reason}");
        return value;
    }

    /// <summary>What is wrong with a key, if anything.</summary>
    public static string? WhyNotAKey(ReadOnlySpan<byte> key) => key.Length switch
    {
        0 => "empty: a key has at least one byte",
        > Limits.MaxKeyBytes => $"{key.Length} bytes long: a key has at most {Limits.MaxKeyBytes}",
        _ => null,
    };

    /// <summary>What is wrong with a value, if anything.</summary>
    public static string? WhyNotAValue(ReadOnlySpan<byte> value) => value.Length > Limits.MaxValueBytes
        ? $"{value.Length} bytes long: a value has at most {Limits.MaxValueBytes}" : null;

    /// <summary>Bytes for people: text as it is, everything else escaped as in TSV files, cut when it is long.</summary>
    public static string Display(ReadOnlySpan<byte> bytes, bool hex, int max = int.MaxValue)
    {
        var shown = bytes[..Math.Min(bytes.Length, max)];
        var text = hex ? Convert.ToHexStringLower(shown) : Encoding.UTF8.GetString(Raw.TsvEscapes.Escape(shown));
        return shown.Length == bytes.Length ? text : $"{text}… ({bytes.Length} bytes)";
    }
}
