using System.Text.Encodings.Web;
using System.Text.Json;
using TinyKv.Persistence.Checking;

namespace TinyKv.Host.Cli.Check;

/// <summary>A report for programs.</summary>
internal static class CheckJson
{
    private static readonly JsonWriterOptions Options =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Stream output, StoreReport report)
    {
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("directory", report.Directory);
            json.WriteBoolean("sound", report.IsSound);
            if (report.Identity is { } identity)
            {
                json.WriteString("cluster", identity.ClusterName);
                json.WriteNumber("store", identity.Store.Value);
                json.WriteString("journal", identity.Journal);
            }
            json.WriteStartArray("parts");
            foreach (var part in report.Parts) Write(json, part);
            json.WriteEndArray();
            if (report.Remedy is { } remedy) json.WriteString("remedy", remedy);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
        output.Flush();
    }

    private static void Write(Utf8JsonWriter json, CheckedPart part)
    {
        json.WriteStartObject();
        json.WriteString("name", part.Name);
        json.WriteString("state", CheckText.NameOf(part.State));
        json.WriteStartArray("details");
        foreach (var detail in part.Details) json.WriteStringValue(detail);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
