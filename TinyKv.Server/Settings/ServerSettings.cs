using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Server.Logging;
using TinyKv.Server.Telemetry;

namespace TinyKv.Server.Settings;

/// <summary>Everything under <c>tinykv.server</c>, read once and checked.</summary>
public sealed record ServerSettings
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

    /// <summary>How long of it calls that run may take to end before they are cut off.</summary>
    public TimeSpan CallsTimeout => ShutdownTimeout / 5;

    /// <summary>How long of it clients may take to end their side of a stream. Shorter than <see cref="CallsTimeout"/>, so
    /// that a stream ends with a status.</summary>
    public TimeSpan StreamsTimeout => CallsTimeout * 3 / 4;

    /// <summary>Where metrics and traces go.</summary>
    public TelemetrySettings Telemetry { get; init; } = TelemetrySettings.Default;

    /// <summary>Reads the settings from the whole configuration.</summary>
    /// <exception cref="TinyKvException">A value is missing, not of its type or out of bounds; names its
    /// key.</exception>
    public static ServerSettings Read(Config config)
    {
        var (server, second, hour) = (Section.Of(config, Root), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        return new ServerSettings
        {
            Log = LogSettings.Read(server),
            MaxConnections = (int)server.Number("max-connections", 1, 1_000_000),
            MaxConnectionsPerAddress = (int)server.Number("max-connections-per-address", 1, 1_000_000),
            MaxStreamsPerConnection = (int)server.Number("max-streams-per-connection", 1, 100_000),
            KeepAliveInterval = server.Duration("keep-alive-interval", second, hour),
            KeepAliveTimeout = server.Duration("keep-alive-timeout", second, hour),
            ShutdownTimeout = server.Duration("shutdown-timeout", second, MaxShutdownTimeout),
            Telemetry = TelemetrySettings.Read(config),
        };
    }
}
