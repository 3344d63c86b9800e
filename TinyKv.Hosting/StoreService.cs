using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyKv.Actors;
using TinyKv.Host.Cli;
using TinyKv.Host.Server;

namespace TinyKv.Hosting;

/// <summary>The life of an application's store: starts with the host, serves its ports, stops with it.</summary>
internal sealed partial class StoreService(
    IServiceProvider services, IOptions<TinyKvOptions> options, IHostApplicationLifetime lifetime,
    ILogger<StoreService> log) : IHostedService
{
    private StoreServer? _server;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Files are opened and ports are bound with blocking calls.
        var node = await Task.Run(services.GetRequiredService<StoreNode>, cancellationToken);
        var settings = ServerSettings.Read(StoreConfig.Of(options.Value));
        var bind = await ServerEndpoints.ResolveAsync(node.Settings.BindHost, cancellationToken);
        var endpoints = new ServerEndpoints(bind, node.Settings.Self.GrpcPort, node.Settings.Self.StatusPort);
        _server = await StoreServer.StartAsync(
            endpoints, settings, _ => Task.FromResult<IServedStore>(new NodeStore(node)), cancellationToken);
        _ = WatchAsync(node);
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not { } server) return;
        if (!await server.StopAsync()) LogCutShort(log);
        await server.DisposeAsync();
    }

    private async Task WatchAsync(StoreNode node)
    {
        try
        {
            await node.Terminated;
        }
        catch (StoreFailedException e)
        {
            LogEnded(log, e.Message);
            // As the server's own: whoever supervises the process starts it again.
            Environment.ExitCode = ExitCode.Fatal;
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(LogLevel.Critical, "The store has ended itself, and the application with it: {Reason}")]
    private static partial void LogEnded(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The store stopped before everything had ended; acknowledged writes are safe")]
    private static partial void LogCutShort(ILogger log);
}
