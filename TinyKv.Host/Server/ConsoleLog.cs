using System.Globalization;

namespace TinyKv.Host.Server;

/// <summary>Writes a message, such as <see cref="ConsoleLog.Write"/> does.</summary>
internal delegate void LogLine(DateTime utc, LogLevel level, string source, string message, Exception? cause);

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

    /// <summary>A message that says how many like it were left out before.</summary>
    public static string WithOmitted(string message, long omitted) =>
        omitted == 0 ? message : $"{message} ({omitted} more from here were not logged)";

    private static string OneLine(string text) => text.ReplaceLineEndings(" | ");

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        _ => "ERROR",
    };
}
