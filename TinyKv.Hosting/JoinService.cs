using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyKv.Server;

namespace TinyKv.Hosting;

/// <summary>Lets an application's store join its cluster before anything is made of it.</summary>
internal sealed class JoinService(IOptions<TinyKvOptions> options, ILoggerFactory logs) : IHostedService
{
    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => options.Value.Join.Count == 0 ? Task.CompletedTask
        : StoreConfig.Of(options.Value).UseAsync(config => StoreServer.JoinAsync(config, logs, cancellationToken));

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
