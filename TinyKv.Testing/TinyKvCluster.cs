using TinyKv.Client;
using TinyKv.Core;

namespace TinyKv.Testing;

/// <summary>
/// A cluster in this process, for tests of applications: real stores on free ports of the loopback interface, with the
/// journal on disk, in a temporary directory that goes with the cluster. Faults can be switched on while it runs.
/// </summary>
/// <remarks>Elections are faster than the defaults allow in production: within a second when the machine is idle.</remarks>
public sealed class TinyKvCluster : IAsyncDisposable
{
    // Between the choice of free ports and their use somebody else may take one.
    private const int Attempts = 3;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly TemporaryDirectory _directory;
    private readonly SortedDictionary<ulong, ClusterStore> _stores = [];

    private TinyKvCluster(TemporaryDirectory directory, ClusterConfig config)
    {
        _directory = directory;
        for (var id = 1UL; id <= (ulong)config.Addresses.Count; id++) _stores[id] = new ClusterStore(config, id);
    }

    /// <summary>All stores, by ascending number, whether they run or not.</summary>
    public IReadOnlyCollection<ClusterStore> Stores => _stores.Values;

    /// <summary>host:port of every store's gRPC services, for clients of any kind.</summary>
    public IReadOnlyList<string> Endpoints => [.. Stores.Select(store => store.Endpoint)];

    /// <summary>A client that is shared by all who use this property.</summary>
    public TinyKvClient Client { get; private set; } = null!;

    /// <summary>The raw API of <see cref="Client"/>.</summary>
    public IRawClient Raw => Client.Raw;

    /// <summary>A store by its number, from 1 on.</summary>
    /// <exception cref="TinyKvException">There is no such store.</exception>
    public ClusterStore this[ulong id] => _stores.TryGetValue(id, out var store)
        ? store : throw new TinyKvException($"the cluster has no store {id}, only 1 to {_stores.Count}");

    /// <summary>Starts a cluster and waits until all its stores are ready.</summary>
    /// <param name="stores">How many.</param>
    /// <param name="hocon">Settings for all of them, over the defaults of such a cluster.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TinyKvException">A setting is wrong, or nowhere are enough free ports.</exception>
    public static async Task<TinyKvCluster> StartAsync(
        int stores = 3, string hocon = "", CancellationToken cancellation = default)
    {
        if (stores is < 1 or > 9) throw new TinyKvException($"a cluster of {stores} stores: it must be from 1 to 9");
        for (var attempt = 1; ; attempt++)
        {
            var directory = new TemporaryDirectory();
            var cluster = new TinyKvCluster(directory, new ClusterConfig(directory.Path, StoreAddress.Free(stores), hocon));
            try
            {
                await cluster.StartAsync(cancellation);
                return cluster;
            }
            catch (TinyKvException e) when (attempt < Attempts && ClusterStore.PortWasTaken(e))
            {
                await cluster.DisposeAsync();
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>A client of its own, over gRPC. Dispose it.</summary>
    public Task<TinyKvClient> ConnectAsync(CancellationToken cancellation = default) =>
        TinyKvClient.ConnectAsync(new TinyKvClientOptions { Endpoints = Endpoints }, cancellation);

    /// <summary>Waits until every store that runs is ready: its replicas know a leader and have caught up.</summary>
    public async Task WhenReadyAsync(CancellationToken cancellation = default)
    {
        using var timer = new PeriodicTimer(Poll);
        while (Stores.Any(store => store is { IsRunning: true, IsReady: false })) await timer.WaitForNextTickAsync(cancellation);
    }

    /// <summary>The store that leads most regions, as the stores say themselves; waits until one leads any.</summary>
    public async Task<ClusterStore> LeaderAsync(CancellationToken cancellation = default)
    {
        using var timer = new PeriodicTimer(Poll);
        while (true)
        {
            if (Stores.MaxBy(store => store.Leads) is { IsLeader: true } leader) return leader;
            await timer.WaitForNextTickAsync(cancellation);
        }
    }

    /// <summary>Stops a store in order. Its data stays for <see cref="StartStoreAsync"/>.</summary>
    public Task StopStoreAsync(ulong id) => this[id].StopAsync();

    /// <summary>Ends a store at once: nothing is drained, and the others are not told.</summary>
    public Task KillStoreAsync(ulong id) => this[id].KillAsync();

    /// <summary>Starts a store that was stopped or killed, or has ended itself; does not wait until it is ready.</summary>
    public Task StartStoreAsync(ulong id, CancellationToken cancellation = default) => this[id].StartAsync(cancellation);

    /// <summary>Cuts the cluster in two: these stores hear only each other, and so do the rest. Clients reach all.</summary>
    public void Partition(params IReadOnlyCollection<ulong> side)
    {
        foreach (var id in side) _ = this[id];
        foreach (var (id, store) in _stores)
            store.CutLinksTo(_stores.Keys.Where(other => side.Contains(other) != side.Contains(id)));
    }

    /// <summary>Ends a partition.</summary>
    public void Heal()
    {
        foreach (var store in Stores) store.CutLinksTo([]);
    }

    /// <summary>Holds up every write to a store's journal until <see cref="ResumeDisk"/>.</summary>
    public void PauseDisk(ulong id) => this[id].Disk.Pause();

    /// <summary>Lets a store's journal write again.</summary>
    public void ResumeDisk(ulong id) => this[id].Disk.Resume();

    /// <summary>Breaks the disk under a store's journal. The store ends itself at its next write.</summary>
    public void FailDisk(ulong id) => this[id].Disk.Fail();

    /// <summary>Stops all stores and removes their data.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Client is not null) await Client.DisposeAsync();
        await Task.WhenAll(Stores.Select(store => store.KillAsync()));
        _directory.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        await Task.WhenAll(Stores.Select(store => store.StartAsync(cancellation)));
        await WhenReadyAsync(cancellation);
        Client = await ConnectAsync(cancellation);
    }
}
