using System.Collections.Immutable;
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
    private readonly ClusterConfig _config;
    private ImmutableSortedDictionary<ulong, ClusterStore> _stores;
    private int _added;

    private TinyKvCluster(TemporaryDirectory directory, ClusterConfig config)
    {
        (_directory, _config) = (directory, config);
        _stores = config.Addresses.Select((address, i) => new ClusterStore(config.Of((ulong)i + 1), address, (ulong)i + 1))
            .ToImmutableSortedDictionary(store => store.Id, store => store);
    }

    /// <summary>All stores that were not removed, by ascending number, whether they run or not.</summary>
    public IReadOnlyCollection<ClusterStore> Stores => [.. _stores.Values];

    /// <summary>host:port of every store's gRPC services, for clients of any kind.</summary>
    public IReadOnlyList<string> Endpoints => [.. Stores.Select(store => store.Endpoint)];

    /// <summary>A client that is shared by all who use this property.</summary>
    public TinyKvClient Client { get; private set; } = null!;

    /// <summary>The raw API of <see cref="Client"/>.</summary>
    public IRawClient Raw => Client.Raw;

    /// <summary>A store by its number.</summary>
    /// <exception cref="TinyKvException">There is no such store.</exception>
    public ClusterStore this[ulong id] => _stores.TryGetValue(id, out var store)
        ? store : throw new TinyKvException($"the cluster has no store {id}, only {string.Join(", ", _stores.Keys)}");

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
    public Task WhenReadyAsync(CancellationToken cancellation = default) =>
        UntilAsync(() => !Stores.Any(store => store is { IsRunning: true, IsReady: false }), cancellation);

    /// <summary>The store that leads most regions, as the stores say themselves; waits until one leads any.</summary>
    public async Task<ClusterStore> LeaderAsync(CancellationToken cancellation = default)
    {
        ClusterStore? leader = null;
        await UntilAsync(() => (leader = Stores.MaxBy(store => store.Leads)) is { IsLeader: true }, cancellation);
        return leader!;
    }

    /// <summary>Stops a store in order. Its data stays for <see cref="StartStoreAsync"/>.</summary>
    public Task StopStoreAsync(ulong id) => this[id].StopAsync();

    /// <summary>Ends a store at once: nothing is drained, and the others are not told.</summary>
    public Task KillStoreAsync(ulong id) => this[id].KillAsync();

    /// <summary>Starts a store that was stopped or killed, or has ended itself; does not wait until it is ready.</summary>
    public Task StartStoreAsync(ulong id, CancellationToken cancellation = default) => this[id].StartAsync(cancellation);

    /// <summary>
    /// Adds a store with an empty directory, as <c>tinykv server --join</c> does, and waits until it is ready. Placement gives it
    /// its number, and replicas when others lack one or are on a store that leaves.
    /// </summary>
    /// <returns>The store, one of <see cref="Stores"/> from now on.</returns>
    /// <exception cref="TinyKvException">Nowhere are enough free ports.</exception>
    public async Task<ClusterStore> AddStoreAsync(CancellationToken cancellation = default)
    {
        var directory = $"added-{Interlocked.Increment(ref _added)}";
        for (var attempt = 1; ; attempt++)
        {
            var address = StoreAddress.Free(1)[0];
            var store = new ClusterStore(_config.OfJoining(directory, address, Endpoints), address);
            try
            {
                await store.StartAsync(cancellation);
                await UntilAsync(() => store is not { IsRunning: true, IsReady: false }, cancellation);
                if (!store.IsRunning) await store.Node.Terminated;
                ImmutableInterlocked.Update(ref _stores, stores => stores.Add(store.Id, store));
                return store;
            }
            // One that has joined is known by its directory, wherever it is then.
            catch (TinyKvException e) when (attempt < Attempts && ClusterStore.PortWasTaken(e))
            {
                await store.KillAsync();
            }
            catch
            {
                await store.KillAsync();
                throw;
            }
        }
    }

    /// <summary>
    /// Removes a store for ever, as <c>tinykv store remove</c> does: waits until placement has moved its replicas to other
    /// stores, and ends it. It may be down, or have lost its disk, as long as most of the others run.
    /// </summary>
    /// <exception cref="TinyKvException">There is no such store.</exception>
    /// <exception cref="TinyKvInvalidRequestException">Its replicas have no other place: add a store first.</exception>
    public async Task RemoveStoreAsync(ulong id, CancellationToken cancellation = default)
    {
        var store = this[id];
        await Client.Admin.RemoveStoreAsync(id, cancellation: cancellation);
        // It is told that it has gone; whoever looks for it meanwhile does not find it any more.
        ImmutableInterlocked.Update(ref _stores, stores => stores.Remove(id));
        await store.KillAsync();
    }

    /// <summary>Cuts the cluster in two: these stores hear only each other, and so do the rest. Clients reach all.
    /// A store that is added later hears both.</summary>
    public void Partition(params IReadOnlyCollection<ulong> side)
    {
        foreach (var id in side) _ = this[id];
        var stores = _stores;
        foreach (var (id, store) in stores)
            store.CutLinksTo(stores.Keys.Where(other => side.Contains(other) != side.Contains(id)));
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

    private static async Task UntilAsync(Func<bool> done, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Poll);
        while (!done()) await timer.WaitForNextTickAsync(cancellation);
    }
}
