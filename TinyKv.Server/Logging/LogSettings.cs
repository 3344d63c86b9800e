using Microsoft.Extensions.Logging.Console;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Server.Logging;

/// <summary>What is logged.</summary>
/// <param name="Level">The least severe messages of the store that are shown.</param>
/// <param name="Format">How they are written: <see cref="Text"/>, or one of the library's formats for programs.</param>
public sealed record LogSettings(LogLevel Level, string Format = LogSettings.Text)
{
    /// <summary>For people: <see cref="LineFormatter"/>.</summary>
    public const string Text = "text";

    /// <summary>UTC, to the millisecond.</summary>
    public const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly string[] Formats = [Text, ConsoleFormatterNames.Json, ConsoleFormatterNames.Systemd];

    /// <summary>
    /// The frameworks' own messages: only what needs attention, unless everything is asked for.
    /// </summary>
    public LogLevel FrameworkLevel => Level <= LogLevel.Debug ? Level
        : Level > LogLevel.Warning ? Level : LogLevel.Warning;

    /// <summary>Reads the settings from <c>tinykv.server</c>.</summary>
    /// <exception cref="SettingException">There is no such level or format; names the key.</exception>
    public static LogSettings Read(Section server) =>
        new(LevelOf(server, "log-level"), server.Word("log-format", Formats));

    private static LogLevel LevelOf(Section server, string key) => server.Text(key).ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "INFO" => LogLevel.Information,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => throw server.Invalid(key, $"is '{server.Text(key)}', must be one of DEBUG, INFO, WARNING, ERROR"),
    };
}
