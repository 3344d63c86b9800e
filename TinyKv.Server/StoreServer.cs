using System.Diagnostics;
using System.Net;
using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Server.Joining;
using TinyKv.Server.Logging;
using TinyKv.Server.Ports;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;

namespace TinyKv.Server;

/// <summary>A store with its ports.</summary>
public sealed class StoreServer : IAsyncDisposable
{
    private readonly StoreGate _gate;
    private readonly WebPort _grpc;
    private readonly WebPort _status;
    private readonly IServedStore _store;
    private readonly ServerSettings _settings;

    private StoreServer(
        StoreGate gate, WebPort grpc, WebPort status, IServedStore store, ServerSettings settings) =>
        (_gate, _grpc, _status, _store, _settings) = (gate, grpc, status, store, settings);

    /// <summary>Completes when the store has ended by <see cref="StopAsync"/>; faulted as soon as it cannot continue.</summary>
    public Task Terminated => _store.Terminated;

    /// <summary>The bound gRPC port.</summary>
    public int GrpcPort => _grpc.Number;

    /// <summary>The bound status port.</summary>
    public int StatusPort => _status.Number;

    /// <summary>Starts the store that a configuration describes.</summary>
    /// <param name="config">Describes it.</param>
    /// <param name="logs">The log of the process.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvException">A port, a setting or the data directory is wrong; says which and
    /// why.</exception>
    public static async Task<StoreServer> StartAsync(
        Config config, ILoggerFactory logs, CancellationToken cancellation)
    {
        var store = await JoinAsync(config, logs, cancellation);
        var endpoints = await ServerEndpoints.OfAsync(store, cancellation);
        return await StartAsync(endpoints, ServerSettings.Read(config), logs,
            starting => NodeStore.StartAsync(config, endpoints.Bind, logs, starting), cancellation);
    }

    /// <summary>Lets a store that is to join a cluster do so; a store that has is not held up, and others have nothing to
    /// do.</summary>
    /// <param name="config">Describes it.</param>
    /// <param name="logs">The log of the process.</param>
    /// <param name="cancellation">Gives up waiting for a store of the cluster.</param>
    /// <returns>The settings of the store, as they are then.</returns>
    /// <exception cref="TinyKvException">It cannot join; says why, and what to change.</exception>
    public static async Task<TinyKvSettings> JoinAsync(Config config, ILoggerFactory logs, CancellationToken cancellation)
    {
        var (settings, log) = (SettingsReader.Read(config), logs.CreateLogger(ServerLog.Category));
        if (settings.Join is not { } join) return settings;
        var joined = await StoreJoin.RunAsync(settings, new ClusterEndpoints(join.Endpoints, log), cancellation);
        log.LogInformation("This is {Store} of the cluster {Cluster}, at {Address}",
            joined.StoreId, joined.ClusterName, joined.Self.Grpc);
        return joined;
    }

    /// <summary>
    /// Binds the ports, then starts the store: a port in use is found before any data is touched.
    /// </summary>
    /// <exception cref="TinyKvException">A port, a setting or the data directory is wrong; says which and
    /// why.</exception>
    public static async Task<StoreServer> StartAsync(
        ServerEndpoints endpoints, ServerSettings settings, ILoggerFactory logs,
        Func<CancellationToken, Task<IServedStore>> startStore, CancellationToken cancellation)
    {
        var gate = new StoreGate();
        WebPort? grpc = null, status = null;
        try
        {
            grpc = await Grpc.GrpcPort.StartAsync(
                new IPEndPoint(endpoints.Bind, endpoints.Grpc), gate, settings, logs);
            status = await StatusPages.StatusPort.StartAsync(
                new IPEndPoint(endpoints.Bind, endpoints.Status), gate, settings, logs);
            var store = await startStore(cancellation);
            gate.Open(store);
            return new StoreServer(gate, grpc, status, store, settings);
        }
        catch
        {
            if (grpc is not null) await grpc.DisposeAsync();
            if (status is not null) await status.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Hands leadership over, refuses new calls, lets running ones end, then stops the store. False when that took longer than
    /// allowed; acknowledged writes are safe regardless.
    /// </summary>
    public async Task<bool> StopAsync()
    {
        var started = Stopwatch.GetTimestamp();
        // First: until others lead, nobody else can serve what the gate refuses.
        await _store.HandOverAsync();
        _gate.Close();
        await _grpc.StopAsync(_settings.CallsTimeout);
        try
        {
            var left = _settings.ShutdownTimeout - Stopwatch.GetElapsedTime(started);
            // Of its own: a part of it may block.
            var stopping = Task.Run(() => _store.DisposeAsync().AsTask(), CancellationToken.None);
            await stopping.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Frees the ports and cuts off the requests that still run. The store is stopped by <see cref="StopAsync"/>.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _gate.Close();
        await _grpc.StopAsync(TimeSpan.Zero);
        await _status.StopAsync(TimeSpan.Zero);
        await _grpc.DisposeAsync();
        await _status.DisposeAsync();
    }
}
