using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TinyKv.Core;
using TinyKv.Server.Logging;

namespace TinyKv.Server.Ports;

/// <summary>
/// One listening port with a web application of its own. The ports of a store share nothing, so that a flood
/// on one leaves the limits of the other alone.
/// </summary>
internal sealed class WebPort : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebPort(WebApplication application) => _application = application;

    /// <summary>The port that is bound; differs from what was asked for when that was 0.</summary>
    public int Number
    {
        get
        {
            var addresses = _application.Services.GetRequiredService<IServer>().Features
                .GetRequiredFeature<IServerAddressesFeature>().Addresses;
            return BindingAddress.Parse(addresses.Single()).Port;
        }
    }

    /// <summary>
    /// A builder without any default: no configuration from files or the environment, and no handling of signals,
    /// which is the process's.
    /// </summary>
    /// <param name="log">What is logged.</param>
    /// <param name="logs">Where to.</param>
    public static WebApplicationBuilder CreateBuilder(LogSettings log, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions { ApplicationName = "tinykv" });
        builder.Logging.SetMinimumLevel(log.FrameworkLevel).AddFilter("TinyKv", log.Level);
        builder.Logging.AddProvider(new PortLoggerProvider(logs));
        // It logs what it throws; StartAsync turns that into one sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        // A store that is not ready yet is no error, and asked for often.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        return builder;
    }

    /// <summary>Binds the port and starts to serve.</summary>
    /// <param name="purpose">What the port is for, for messages.</param>
    /// <param name="address">Where to bind.</param>
    /// <param name="builder">From <see cref="CreateBuilder"/>, with services.</param>
    /// <param name="limits">Kestrel's options of the port.</param>
    /// <param name="gate">Stands before HTTP: bounds the connections, or only gives their places back when the listener
    /// bounds them.</param>
    /// <param name="protocols">The one protocol that the port speaks.</param>
    /// <param name="map">Adds what is served.</param>
    /// <exception cref="TinyKvException">The port cannot be bound.</exception>
    public static async Task<WebPort> StartAsync(
        string purpose, IPEndPoint address, WebApplicationBuilder builder,
        Action<KestrelServerOptions> limits, Func<ConnectionDelegate, ILogger, ConnectionDelegate> gate,
        HttpProtocols protocols, Action<WebApplication> map)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            limits(options);
            options.Listen(address, listen =>
            {
                var log = listen.ApplicationServices.GetRequiredService<ILogger<ConnectionGate>>();
                listen.Use(next => gate(next, log));
                listen.Protocols = protocols;
            });
        });
        var application = builder.Build();
        map(application);
        try
        {
            await application.StartAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await application.DisposeAsync();
            throw new TinyKvException(Explain(purpose, address, failure), failure);
        }
        return new WebPort(application);
    }

    /// <summary>Stops to accept, lets running requests end within the bound, then cuts them off.</summary>
    public async Task StopAsync(TimeSpan bound)
    {
        using var limit = new CancellationTokenSource(bound);
        await _application.StopAsync(limit.Token);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static string Explain(string purpose, IPEndPoint address, Exception failure) => failure switch
    {
        IOException { InnerException: AddressInUseException } =>
            $"the {purpose} port {address} is in use by another process",
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            $"the {purpose} port {address} is in use by another process",
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"the {purpose} port {address} cannot be bound: this user may not",
        _ => $"the {purpose} port {address} cannot be bound: {failure.Message}",
    };

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
