using TinyKv.Core;

namespace TinyKv.Host.Server;

/// <summary>What is logged.</summary>
/// <param name="Level">The least severe messages of the store that are shown.</param>
internal sealed record LogSettings(LogLevel Level)
{
    /// <summary>
    /// The frameworks' own messages: only what needs attention, unless everything is asked for.
    /// </summary>
    public LogLevel FrameworkLevel => Level <= LogLevel.Debug ? Level
        : Level > LogLevel.Warning ? Level : LogLevel.Warning;

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
