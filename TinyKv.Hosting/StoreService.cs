using Akka.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyKv.Actors.Node;
using TinyKv.Server;
using TinyKv.Server.Exit;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;

namespace TinyKv.Hosting;

/// <summary>The life of an application's store: starts with the host, serves its ports, stops with it.</summary>
internal sealed partial class StoreService(
    IServiceProvider services, IOptions<TinyKvOptions> options, IHostApplicationLifetime lifetime, EndBy endBy,
    ILogger<StoreService> log) : IHostedService
{
    private StoreServer? _server;
    private StoreNode? _node;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var node = await StoreConfig.Of(options.Value).UseAsync(config => StartAsync(config, cancellationToken));
        _ = WatchAsync(node);
        lifetime.ApplicationStopped.Register(Stopped);
    }

    private async Task<StoreNode> StartAsync(Config config, CancellationToken cancellationToken)
    {
        // Files are opened and ports are bound with blocking calls.
        var node = _node = await Task.Run(services.GetRequiredService<StoreNode>, cancellationToken)
            .WaitAsync(cancellationToken);
        _server = await StoreServer.StartAsync(
            ServerEndpoints.Of(node.Settings, services.GetRequiredService<PreparedStore>().Bind), ServerSettings.Read(config),
            services.GetRequiredService<ILoggerFactory>(),
            _ => Task.FromResult<IServedStore>(new NodeStore(node)), cancellationToken);
        return node;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Hosts stop their services as often as they are told to.
        if (Interlocked.Exchange(ref _server, null) is not { } server) return;
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
            // As the server's own: whoever supervises the process starts it again.
            Environment.ExitCode = ExitCode.Of(e);
            lifetime.StopApplication();
            // Last, because the application's log may be what hangs.
            LogEnded(log, e.Message);
        }
    }

    // The services of the host have stopped, the process is to end. It cannot, if the disk holds up an actor: whoever
    // disposes of the actor system waits for it.
    private void Stopped()
    {
        // The application may continue after its host: a store that takes longer to close is no reason to end it.
        if (_node is { IsClosed: false } node) endBy(ExitDeadline.AfterMain, Environment.ExitCode, () => node.IsClosed);
    }

    [LoggerMessage(LogLevel.Critical, "The store has ended itself, and the application with it: {Reason}")]
    private static partial void LogEnded(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "The store stopped before everything had ended; acknowledged writes are safe")]
    private static partial void LogCutShort(ILogger log);
}
