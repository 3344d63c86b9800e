using Microsoft.Extensions.Logging.Console;

namespace TinyKv.Server.Logging;

/// <summary>The log of a server process, on standard output.</summary>
public static class ServerLog
{
    /// <summary>The category of the server's own messages.</summary>
    public const string Category = "TinyKv.Server";

    /// <summary>
    /// Makes it. Whoever logs waits for nothing: what a full queue cannot take is dropped.
    /// </summary>
    public static ILoggerFactory Create(LogSettings settings) => LoggerFactory.Create(logging =>
    {
        // Ports and actor systems bring only what their own settings let through.
        logging.SetMinimumLevel(LogLevel.Trace).AddFilter(Category, settings.Level);
        logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        logging.AddConsole(console =>
            (console.FormatterName, console.QueueFullMode) = (settings.Format, ConsoleLoggerQueueFullMode.DropWrite));
        logging.Services.Configure<JsonConsoleFormatterOptions>(json =>
            (json.TimestampFormat, json.UseUtcTimestamp) = (LogSettings.TimeFormat, true));
    });
}
