using System.Net;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Server.Grpc;
using TinyKv.Server.Logging;
using TinyKv.Server.Ports;
using TinyKv.Server.Settings;
using TinyKv.Server.StatusPages;
using TinyKv.Server.Stores;

namespace TinyKv.Tests.Server;

/// <summary>
/// Both ports over a fake store, on numbers that the system picks, with a channel and an HTTP client.
/// </summary>
internal sealed class ServedPorts : IAsyncDisposable
{
    private ServedPorts(FakeStore store, StoreGate gate, WebPort grpc, WebPort status)
    {
        (Store, Gate, Grpc, Status) = (store, gate, grpc, status);
        Channel = GrpcChannel.ForAddress($"http://127.0.0.1:{grpc.Number}", new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{status.Number}") };
    }

    public static ServerSettings Settings { get; } = new()
    {
        Log = new LogSettings(LogLevel.None),
        MaxConnections = 100,
        MaxConnectionsPerAddress = 50,
        MaxStreamsPerConnection = 100,
        KeepAliveInterval = TimeSpan.FromSeconds(10),
        KeepAliveTimeout = TimeSpan.FromSeconds(5),
        ShutdownTimeout = TimeSpan.FromSeconds(5),
    };

    public FakeStore Store { get; }

    public StoreGate Gate { get; }

    public WebPort Grpc { get; }

    public WebPort Status { get; }

    public GrpcChannel Channel { get; }

    public HttpClient Http { get; }

    public static async Task<ServedPorts> StartAsync(bool open = true, TimeSpan? shutdownTimeout = null)
    {
        var settings = Settings with { ShutdownTimeout = shutdownTimeout ?? Settings.ShutdownTimeout };
        var (store, gate) = (new FakeStore(), new StoreGate());
        var (any, logs) = (new IPEndPoint(IPAddress.Loopback, 0), NullLoggerFactory.Instance);
        // The status port does not close anybody only because the machine is busy.
        var ports = new ServedPorts(store, gate, await GrpcPort.StartAsync(any, gate, settings, logs),
            await StatusPort.StartAsync(any, gate, settings, logs, timeout: TimeSpan.FromMinutes(5)));
        if (open) gate.Open(store);
        return ports;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        Gate.Close();
        await Grpc.DisposeAsync();
        await Status.DisposeAsync();
    }
}

/// <summary>Tests that talk to both ports over a fake store.</summary>
public abstract class ServedTests : IAsyncLifetime
{
    private ServedPorts? _ports;

    internal ServedPorts Ports => _ports ?? throw new InvalidOperationException("not started");

    internal FakeStore Store => Ports.Store;

    public async Task InitializeAsync() => _ports = await ServedPorts.StartAsync();

    public async Task DisposeAsync() => await Ports.DisposeAsync();
}
