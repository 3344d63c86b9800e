using Microsoft.Extensions.Logging.Console;
using TinyKv.Core;

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

    /// <summary>Reads the name of a format.</summary>
    /// <exception cref="SettingException">There is no such format.</exception>
    public static string ParseFormat(string key, string name) => Formats.Contains(name, StringComparer.Ordinal) ? name
        : throw new SettingException(key, $"is '{name}'; it must be text, json or systemd");

    /// <summary>Reads a level by its name in the configuration.</summary>
    /// <exception cref="SettingException">There is no such level.</exception>
    public static LogLevel Parse(string key, string name) => name.ToUpperInvariant() switch
    {
        "DEBUG" => LogLevel.Debug,
        "INFO" => LogLevel.Information,
        "WARNING" => LogLevel.Warning,
        "ERROR" => LogLevel.Error,
        _ => throw new SettingException(key, $"is '{name}'; it must be DEBUG, INFO, WARNING or ERROR"),
    };
}
