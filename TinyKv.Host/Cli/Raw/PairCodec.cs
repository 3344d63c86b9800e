using System.Buffers;
using TinyKv.Client;
using TinyKv.Core.Keys;

namespace TinyKv.Host.Cli.Raw;

/// <summary>One pair on one line.</summary>
internal abstract class PairCodec
{
    /// <summary>No line that holds a legal pair is longer: JSON may write one byte as <c>\u00nn</c>.</summary>
    public const int MaxLineBytes = 6 * (Limits.MaxKeyBytes + Limits.MaxValueBytes) + 1024;

    /// <summary>The codec of a format; a table is for people only.</summary>
    public static PairCodec For(OutputFormat format, bool hex) => format switch
    {
        OutputFormat.Tsv => new TsvCodec(hex),
        OutputFormat.Json => new JsonLinesCodec(hex),
        _ => throw new UsageException("--format table is for people: expected tsv or json"),
    };

    /// <summary>The codec of a file, by the format that was asked for or by the name of the file.</summary>
    public static PairCodec ForFile(string path, OutputFormat? format, bool hex) => For(
        format ?? Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".tsv" => OutputFormat.Tsv,
            ".jsonl" or ".json" or ".ndjson" => OutputFormat.Json,
            _ => throw new UsageException(
                $"the format of '{path}' is not clear from its name: expected a name ending in .tsv or .jsonl, " +
                "or --format tsv|json"),
        }, hex);

    /// <summary>Writes a pair with its end of line.</summary>
    public abstract void Write(IBufferWriter<byte> writer, RawPair pair, bool keysOnly = false);

    /// <summary>Reads a line, which comes without its end; the pair is within the limits.</summary>
    /// <exception cref="FormatException">The line is not a pair; says what was expected.</exception>
    public RawPair Read(ReadOnlySpan<byte> line)
    {
        var pair = Decode(line);
        if (KeyText.WhyNotAKey(pair.Key) is { } key) throw new FormatException($"the key is {key}");
        if (KeyText.WhyNotAValue(pair.Value) is { } value) throw new FormatException($"the value is {value}");
        return pair;
    }

    /// <summary>Reads a line without regard to limits.</summary>
    protected abstract RawPair Decode(ReadOnlySpan<byte> line);

    /// <summary>Bytes from hexadecimal digits.</summary>
    protected static byte[] FromHex(ReadOnlySpan<byte> digits, string what)
    {
        var bytes = new byte[digits.Length / 2];
        if (digits.Length % 2 == 0
            && Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done) return bytes;
        throw new FormatException($"the {what} is not hexadecimal: expected an even number of digits 0-9 and a-f");
    }

    /// <summary>Bytes to hexadecimal digits.</summary>
    protected static byte[] ToHex(ReadOnlySpan<byte> bytes)
    {
        var digits = new byte[bytes.Length * 2];
        Convert.TryToHexStringLower(bytes, digits, out _);
        return digits;
    }
}
