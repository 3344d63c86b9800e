using System.Globalization;

namespace TinyKv.Host.Server;

/// <summary>The one format of all log lines, whichever framework they come from.</summary>
internal static class ConsoleLog
{
    /// <summary>Writes a message to standard output; neither waits for it nor fails with it.</summary>
    public static void Write(DateTime utc, LogLevel level, string source, string message, Exception? cause) =>
        ProcessOutput.Out.Write(Format(utc, level, source, message, cause));

    /// <summary>The line, and one indented line for each line of the stack trace.</summary>
    public static string Format(DateTime utc, LogLevel level, string source, string message, Exception? cause)
    {
        var time = utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        // Text from outside must not be able to look like a line of its own.
        var line = $"{time} {Name(level)} {source}: {OneLine(message)}\n";
        return cause is null ? line : line + $"    {cause.ToString().ReplaceLineEndings("\n    ")}\n";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" | ");

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        _ => "ERROR",
    };
}
