using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using TinyKv.Client;

namespace TinyKv.Host.Cli.Raw;

/// <summary>
/// <c>{"key":…,"value":…}</c>. What is not UTF-8 stands in <c>key64</c> or <c>value64</c> in base64.
/// </summary>
internal sealed class JsonLinesCodec(bool hex) : PairCodec
{
    private const string Expected = "expected an object {\"key\":…,\"value\":…}";

    private static readonly JsonWriterOptions Options =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public override void Write(IBufferWriter<byte> writer, RawPair pair, bool keysOnly = false)
    {
        using (var json = new Utf8JsonWriter(writer, Options))
        {
            json.WriteStartObject();
            WriteField(json, "key", pair.Key);
            if (!keysOnly) WriteField(json, "value", pair.Value);
            json.WriteEndObject();
        }
        writer.Write("\n"u8);
    }

    protected override RawPair Decode(ReadOnlySpan<byte> line)
    {
        RefuseWhatIsNotText(line);
        try
        {
            return DecodeObject(line);
        }
        catch (JsonException error)
        {
            throw new FormatException($"{Expected}, found what is not JSON at column {error.BytePositionInLine + 1}", error);
        }
    }

    // The reader finds both late, and says neither what is wrong nor where.
    private static void RefuseWhatIsNotText(ReadOnlySpan<byte> line)
    {
        if (Utf8Text.FirstInvalid(line) is >= 0 and var bad)
            throw new FormatException($"{Expected}, found a byte that is not UTF-8, 0x{line[bad]:x2}, at column {bad + 1}; "
                + "such bytes are given in base64 as key64 or value64");
        if (JsonHalves.IndexOf(line) is >= 0 and var half)
            throw new FormatException($"found half of a surrogate pair, {JsonHalves.EscapeAt(line, half)}, at column "
                + $"{half + 1}, which is no character: expected both halves, or bytes in base64 as key64 or value64");
    }

    private RawPair DecodeObject(ReadOnlySpan<byte> line)
    {
        var json = new Utf8JsonReader(line);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new FormatException(Expected);
        byte[]? key = null, value = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            if (json.TokenType != JsonTokenType.String)
                throw new FormatException($"{Expected}, found a '{name}' that is not a string");
            switch (name)
            {
                case "key" or "key64" when key is null: key = ReadField(ref json, name); break;
                case "value" or "value64" when value is null: value = ReadField(ref json, name); break;
                case "key" or "key64" or "value" or "value64":
                    throw new FormatException($"{Expected}, found a second '{name}'");
                default: throw new FormatException($"{Expected}, found the unknown name '{name}'");
            }
        }
        json.Read();        // throws when something follows the object
        if (key is null) throw new FormatException($"{Expected}, found no key");
        if (value is null) throw new FormatException($"{Expected}, found no value");
        return new RawPair(key, value);
    }

    private byte[] ReadField(ref Utf8JsonReader json, string name)
    {
        if (name.EndsWith("64", StringComparison.Ordinal))
            return json.TryGetBytesFromBase64(out var decoded) ? decoded
                : throw new FormatException($"'{name}' is not base64");
        var bytes = new byte[json.ValueSpan.Length];
        var text = bytes.AsSpan(0, json.CopyString(bytes));
        return hex ? FromHex(text, name) : text.ToArray();
    }

    private void WriteField(Utf8JsonWriter json, string name, byte[] bytes)
    {
        if (hex) json.WriteString(name, ToHex(bytes));
        else if (Utf8.IsValid(bytes)) json.WriteString(name, bytes);
        else json.WriteBase64String($"{name}64", bytes);
    }
}
