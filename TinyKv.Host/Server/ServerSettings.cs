using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Host.Telemetry;

namespace TinyKv.Host.Server;

/// <summary>Everything under <c>tinykv.server</c>, read once and checked.</summary>
internal sealed record ServerSettings
{
    private const string Root = "tinykv.server";

    /// <summary>What is logged.</summary>
    public required LogSettings Log { get; init; }

    /// <summary>The most connections to the gRPC port.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>The most connections to the gRPC port from one address.</summary>
    public required int MaxConnectionsPerAddress { get; init; }

    /// <summary>The most calls at once over one connection.</summary>
    public required int MaxStreamsPerConnection { get; init; }

    /// <summary>How long a connection may be silent before it is pinged.</summary>
    public required TimeSpan KeepAliveInterval { get; init; }

    /// <summary>How long the answer to a ping may take before the connection is closed.</summary>
    public required TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>The most that <see cref="ShutdownTimeout"/> can be.</summary>
    public static TimeSpan MaxShutdownTimeout { get; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a graceful stop may take.</summary>
    public required TimeSpan ShutdownTimeout { get; init; }

    /// <summary>Where metrics and traces go.</summary>
    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.Default;

    /// <summary>Reads the settings from the whole configuration.</summary>
    /// <exception cref="TinyKvException">A value is missing, not of its type or out of bounds; names its
    /// key.</exception>
    public static ServerSettings Read(Config config) => new()
    {
        Log = new LogSettings(LogSettings.Parse($"{Root}.log-level", Text(config, "log-level"))),
        MaxConnections = Number(config, "max-connections", 1, 1_000_000),
        MaxConnectionsPerAddress = Number(config, "max-connections-per-address", 1, 1_000_000),
        MaxStreamsPerConnection = Number(config, "max-streams-per-connection", 1, 100_000),
        KeepAliveInterval = Duration(config, "keep-alive-interval", TimeSpan.FromHours(1)),
        KeepAliveTimeout = Duration(config, "keep-alive-timeout", TimeSpan.FromHours(1)),
        ShutdownTimeout = Duration(config, "shutdown-timeout", MaxShutdownTimeout),
        Telemetry = TelemetrySettings.Read(config),
    };

    private static int Number(Config config, string key, int least, int most)
    {
        var text = Text(config, key);
        if (int.TryParse(text, out var value) && value >= least && value <= most) return value;
        throw new SettingException($"{Root}.{key}", $"is '{text}'; it must be a number from {least} to {most}");
    }

    private static TimeSpan Duration(Config config, string key, TimeSpan most)
    {
        var least = TimeSpan.FromSeconds(1);
        var text = Text(config, key);
        try
        {
            var value = config.GetTimeSpan($"{Root}.{key}", allowInfinite: false);
            if (value >= least && value <= most) return value;
        }
        catch (Exception failure)
            when (failure is FormatException or ConfigurationException or OverflowException)
        {
            // Reported below, with the bounds.
        }
        throw new SettingException($"{Root}.{key}",
            $"is '{text}'; it must be a duration from {least.TotalSeconds} s"
            + $" to {most.TotalSeconds} s, such as 10s");
    }

    // A missing key reads as 0 or null otherwise.
    private static string Text(Config config, string key) =>
        config.GetString($"{Root}.{key}", null) is { Length: > 0 } text ? text
            : throw new SettingException($"{Root}.{key}", "is missing");
}
