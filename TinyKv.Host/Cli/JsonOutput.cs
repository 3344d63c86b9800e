using System.Text.Encodings.Web;
using System.Text.Json;

namespace TinyKv.Host.Cli;

/// <summary>JSON for programs that a person can read, too.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Options =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object and the end of its last line.</summary>
    public static void Write(Stream output, Action<Utf8JsonWriter> members)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
        output.Flush();
    }
}
