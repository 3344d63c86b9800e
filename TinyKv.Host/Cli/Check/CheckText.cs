using TinyKv.Persistence.Checking;

namespace TinyKv.Host.Cli.Check;

/// <summary>A report for people, and as tab-separated lines.</summary>
internal static class CheckText
{
    /// <summary>The word for a state, in all formats.</summary>
    public static string NameOf(PartState state) => state switch
    {
        PartState.Sound => "sound",
        PartState.Damaged => "damaged",
        _ => "not-checked",
    };

    /// <summary>One line for each detail, and what to do.</summary>
    public static void WriteLines(TextWriter writer, StoreReport report)
    {
        writer.Write($"{report.Directory}\n");
        foreach (var part in report.Parts)
        {
            var head = $"  {part.Name,-10}{NameOf(part.State),-13}";
            foreach (var detail in part.Details)
            {
                writer.Write($"{head}{OneLine(detail)}\n");
                head = new string(' ', head.Length);
            }
        }
        if (report.Remedy is { } remedy) writer.Write($"What to do: {remedy}.\n");
    }

    /// <summary>Part, state and detail; the last line says what to do.</summary>
    public static void WriteTsv(TextWriter writer, StoreReport report)
    {
        foreach (var part in report.Parts)
            foreach (var detail in part.Details) WriteLine(writer, part.Name, NameOf(part.State), detail);
        if (report.Remedy is { } remedy) WriteLine(writer, "remedy", "todo", remedy);
    }

    private static void WriteLine(TextWriter writer, params string[] fields) => writer.Write(
        string.Join('\t', fields.Select(field => KeyText.Display(CliHost.Utf8.GetBytes(field), hex: false))) + '\n');

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
