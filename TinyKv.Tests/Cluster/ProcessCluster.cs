using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Cli.Status;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Clusters;

/// <summary>A cluster of <c>tinykv server</c> processes in a temporary directory on ports that are free.</summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    /// <summary>From a playground's base port to the last of its remoting ports.</summary>
    public const int PortsOfOneCluster = 64;

    private readonly PlaygroundDirectory _directory = PlaygroundDirectory.Open(null);
    private PlaygroundState _state;
    private readonly string _overrides;
    private readonly Dictionary<int, StoreProcess> _running = [];
    private readonly HashSet<int> _paused = [];

    /// <param name="stores">How many.</param>
    /// <param name="overrides">HOCON that wins over what a playground's stores are started with.</param>
    public ProcessCluster(int stores, string overrides = "")
    {
        _overrides = overrides;
        _state = new PlaygroundState(1, $"test-{Guid.NewGuid():n}", stores, "rocksdb", Ports.Free(PortsOfOneCluster));
        Endpoints = [.. Enumerable.Range(0, stores)
            .Select(index => $"127.0.0.1:{PlaygroundPorts.Of(_state.BasePort, index).Grpc}")];
    }

    public IReadOnlyList<string> Endpoints { get; }

    /// <summary>The options that lead a command line to this cluster.</summary>
    public IEnumerable<string> EndpointOptions => Endpoints.SelectMany(endpoint => new[] { "--endpoint", endpoint });

    public IReadOnlyCollection<int> Running => _running.Keys;

    public void StartAll()
    {
        for (var storeId = 1; storeId <= _state.Stores; storeId++)
            if (!_running.ContainsKey(storeId)) Start(storeId);
    }

    /// <summary>Where a store keeps its data.</summary>
    public string DataOf(int storeId) => Path.Combine(_directory.OfStore(storeId), "data");

    /// <summary>From now on the configuration of every store that is started names this many.</summary>
    public void TellOf(int stores) => _state = _state with { Stores = stores };

    /// <summary>kill -9.</summary>
    public async Task KillAsync(int storeId)
    {
        _running.Remove(storeId, out var store);
        _paused.Remove(storeId);
        using (var process = Process.GetProcessById(store!.Id)) process.Kill();
        Assert.Equal(128 + 9, await store.WaitAsync(CancellationToken.None));
        await store.DisposeAsync();
    }

    /// <summary>SIGSTOP.</summary>
    public Task PauseAsync(int storeId)
    {
        _paused.Add(storeId);
        return SignalAsync("STOP", storeId);
    }

    /// <summary>SIGCONT.</summary>
    public Task ContinueAsync(int storeId)
    {
        _paused.Remove(storeId);
        return SignalAsync("CONT", storeId);
    }

    /// <summary>The process of a store.</summary>
    public int ProcessOf(int storeId) => _running[storeId].Id;

    /// <summary>Where a store's engine keeps its files.</summary>
    public string EngineOf(int storeId) => Path.Combine(DataOf(storeId), "data");

    /// <summary>Waits until a store ends by itself; its exit code and its last line on standard error.</summary>
    public async Task<(int Code, string Complaint)> EndAsync(int storeId)
    {
        _running.Remove(storeId, out var store);
        var code = await store!.WaitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(90));
        await store.DisposeAsync();
        return (code, store.Complaint);
    }

    /// <summary>The store that leads region 1, once every store that is running and not paused follows it.</summary>
    public async Task<int> LeaderAsync()
    {
        var view = await SettleAsync();
        return (int)view.Regions.Single(region => region.Region.Id == 1).LeaderStore;
    }

    /// <summary>Waits until every store that is running and not paused is ready and follows the leader of each region.
    /// </summary>
    public Task<ClusterView> SettleAsync() =>
        Eventually.Gets("stores that are ready and follow the same leaders", TryGetSettledViewAsync);

    /// <summary>Starts all stores; a client once they serve. How long that takes is up to the machine.</summary>
    /// <param name="timeout">How long each of the client's calls may take, in seconds.</param>
    public async Task<TinyKvClient> ServeAsync(int timeout = 60)
    {
        StartAll();
        await SettleAsync();
        return await ConnectAsync(timeout);
    }

    /// <summary>A client of all stores.</summary>
    /// <param name="timeout">How long each of its calls may take, in seconds.</param>
    public Task<TinyKvClient> ConnectAsync(int timeout = 60) => TinyKvClient.ConnectAsync(new TinyKvClientOptions
    {
        Endpoints = Endpoints,
        Timeout = TimeSpan.FromSeconds(timeout),
    });

    /// <summary>What the processes logged, to explain a failure.</summary>
    public string Logs() => string.Join('\n', Enumerable.Range(1, _state.Stores).Select(storeId =>
    {
        var lines = File.Exists(LogFile(storeId)) ? File.ReadAllLines(LogFile(storeId)) : [];
        return $"--- store {storeId}\n{string.Join('\n', lines.TakeLast(30))}";
    }));

    public async ValueTask DisposeAsync()
    {
        foreach (var storeId in _running.Keys.ToList()) await KillAsync(storeId);
        _directory.Dispose();
    }

    /// <summary>Starts one store.</summary>
    public void Start(int storeId)
    {
        var config = StoreConfigFile.Write(_state, storeId, _directory.OfStore(storeId), null);
        File.AppendAllText(config, _overrides);
        _running[storeId] = StoreProcess.Start(StoreProcess.Server(config, StoreOverrides.None), LogFile(storeId));
    }

    private string LogFile(int storeId) => Path.Combine(_directory.OfStore(storeId), "log.txt");

    private async Task SignalAsync(string signal, int storeId) =>
        await Command.RunAsync("kill", $"-{signal}", $"{_running[storeId].Id}");

    private async Task<ClusterView?> TryGetSettledViewAsync()
    {
        var awake = _running.Keys.Except(_paused).ToHashSet();
        try
        {
            await using var client = await ConnectAsync(timeout: 5);
            var view = ClusterView.Of(await client.GetStoreStatusesAsync());
            var ready = view.Stores.Where(store => store.Status is { Ready: true }).Select(store => (int)store.StoreId);
            return awake.All(ready.Contains) && view.Regions.All(region => region.LeaderStore != 0
                && region.Peers.All(peer => peer.LeaderStoreId == region.LeaderStore)
                && awake.Contains((int)region.LeaderStore)) ? view : null;
        }
        catch (TinyKvClientException)
        {
            return null;
        }
    }
}
