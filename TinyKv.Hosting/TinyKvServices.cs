using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Client;
using TinyKv.Persistence;
using TinyKv.Server;
using TinyKv.Server.Exit;
using TinyKv.Server.Logging;

namespace TinyKv.Hosting;

/// <summary>Puts a store into an application.</summary>
public static class TinyKvServices
{
    /// <summary>
    /// Adds a store that starts and stops with the host: its actor system, its replicas, its gRPC and its status port.
    /// <see cref="IRawClient"/>, <see cref="TinyKvClient"/>, <see cref="IStorage"/>, <see cref="IPlacement"/>,
    /// <see cref="StoreNode"/> and <see cref="ActorSystem"/> are there to be injected, and the health checks
    /// <c>tinykv-live</c> (tag <c>live</c>) and <c>tinykv-ready</c> (tag <c>ready</c>).
    /// </summary>
    /// <remarks>
    /// The host does not start, and says why, when an option, the data directory or a port is wrong. It stops when the store
    /// ends by itself. Services that were added later stop before the store does.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the options; they can also be bound from the application's configuration.</param>
    /// <param name="akka">Adds actors and settings of the application to the store's actor system.</param>
    public static IServiceCollection AddTinyKv(
        this IServiceCollection services, Action<TinyKvOptions>? configure = null,
        Action<AkkaConfigurationBuilder, IServiceProvider>? akka = null)
    {
        services.AddOptions<TinyKvOptions>().Configure(configure ?? (_ => { }));
        services.AddSingleton<IValidateOptions<TinyKvOptions>, TinyKvOptionsValidator>();
        services.AddSingleton(Prepare);
        services.AddAkka(PreparedStore.SystemName, (builder, provider) =>
        {
            var store = provider.GetRequiredService<PreparedStore>();
            builder.ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLogger<AkkaLogger>();
            });
            builder.AddSetup(new LogSetup(provider.GetRequiredService<ILoggerFactory>(), isQuiet: false));
            akka?.Invoke(builder, provider);
            builder.AddHocon(store.SystemConfig, HoconAddMode.Append);
            foreach (var setup in store.Setups) builder.AddSetup(setup);
        });
        services.AddSingleton(provider =>
            provider.GetRequiredService<PreparedStore>().Start(provider.GetRequiredService<ActorSystem>()));
        services.AddSingleton(provider => provider.GetRequiredService<StoreNode>().Storage);
        services.AddSingleton(provider => provider.GetRequiredService<StoreNode>().Placement);
        services.AddSingleton(ClientOf);
        services.AddSingleton(provider => provider.GetRequiredService<TinyKvClient>().Raw);
        services.AddHealthChecks()
            .AddCheck<StoreLiveCheck>("tinykv-live", tags: ["live"])
            .AddCheck<StoreReadyCheck>("tinykv-ready", tags: ["ready"]);
        services.TryAddSingleton<EndBy>(_ => new ExitDeadline().Arm);
        // After Akka's own: the store is stopped first, and takes its actor system along.
        services.AddHostedService<StoreService>();
        return services;
    }

    // A host makes all its services before it starts the first: whoever needs the actor system needs a store that has joined.
    private static PreparedStore Prepare(IServiceProvider provider)
    {
        var config = StoreConfig.Of(OptionsOf(provider));
        if (OptionsOf(provider).Join.Count > 0)
        {
            var logs = provider.GetRequiredService<ILoggerFactory>();
            var stopping = provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            BlockingCall.Await(() => config.UseAsync(known => StoreServer.JoinAsync(known, logs, stopping)));
        }
        return PreparedStore.Open(config.Config);
    }

    private static TinyKvOptions OptionsOf(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<TinyKvOptions>>().Value;

    // Through the gRPC ports: the leader, which takes the request, may be any of the stores.
    private static TinyKvClient ClientOf(IServiceProvider provider)
    {
        var node = provider.GetRequiredService<StoreNode>();
        return TinyKvClient.Of(node.ClusterId, new TinyKvClientOptions
        {
            Endpoints = [.. node.Stores.Select(store => store.Grpc)],
        });
    }
}
