using System.Text.Json;
using TinyKv.Persistence.Checking;

namespace TinyKv.Host.Cli.Check;

/// <summary>A report for programs.</summary>
internal static class CheckJson
{
    public static void Write(Stream output, StoreReport report) => JsonOutput.Write(output, json =>
    {
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
    });

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
