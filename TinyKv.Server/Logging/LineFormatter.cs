using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace TinyKv.Server.Logging;

/// <summary>
/// The log lines that people read, whichever framework they come from. The library's own formatter for people puts each
/// message into two lines, or else a stack trace into one, and lets a carriage return from outside through.
/// </summary>
internal sealed class LineFormatter() : ConsoleFormatter(LogSettings.Text)
{
    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (source, message) = logEntry.State is AkkaEntry entry ? (entry.Source, entry.Message)
            : (logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..],
                logEntry.Formatter(logEntry.State, logEntry.Exception));
        textWriter.Write(Format(DateTime.UtcNow, logEntry.LogLevel, source, message, logEntry.Exception));
    }

    /// <summary>The line, and one indented line for each line of the stack trace.</summary>
    public static string Format(DateTime utc, LogLevel level, string source, string message, Exception? cause)
    {
        var time = utc.ToString(LogSettings.TimeFormat, CultureInfo.InvariantCulture);
        // Text from outside must not be able to look like a line of its own.
        var line = $"{time} {Word(level)} {source}: {OneLine(message)}\n";
        return cause is null ? line : line + $"    {cause.ToString().ReplaceLineEndings("\n    ")}\n";
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" | ");

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO ",
        LogLevel.Warning => "WARN ",
        _ => "ERROR",
    };
}
