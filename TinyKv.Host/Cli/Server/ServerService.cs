using System.Diagnostics;
using TinyKv.Server;

namespace TinyKv.Host.Cli.Server;

/// <summary>A server in its host: starts and stops with it.</summary>
/// <param name="start">Starts the server.</param>
/// <param name="log">Where its own messages go.</param>
internal sealed class ServerService(Func<CancellationToken, Task<StoreServer>> start, ILogger log)
    : IHostedService, IAsyncDisposable
{
    /// <summary>The server; null until it has started.</summary>
    public StoreServer? Server { get; private set; }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Server = await start(cancellationToken);
        log.LogInformation("Serving gRPC on port {Grpc} and status pages on port {Status}",
            Server.GrpcPort, Server.StatusPort);
    }

    /// <summary>Stops in order, within the server's own bound.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Server is null) return;
        log.LogInformation("Stopping");
        var started = Stopwatch.GetTimestamp();
        if (await Server.StopAsync())
            log.LogInformation("Stopped in {Seconds:F1} s", Stopwatch.GetElapsedTime(started).TotalSeconds);
        else
            log.LogWarning("Stopped before everything had ended; acknowledged writes are safe");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
