using TinyKv.Client;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>Tests of one cluster of processes each, with the end of every store's log for whoever looks at a failure.</summary>
public abstract class ProcessClusterKit(ITestOutputHelper output) : IAsyncLifetime
{
    // Only a failure takes so long.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private readonly TemporaryDirectory _directory = new();
    private ProcessCluster? _cluster;

    private protected ITestOutputHelper Output { get; } = output;

    private protected ProcessCluster Cluster => _cluster ?? throw new InvalidOperationException("the test has made no cluster");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        using var directory = _directory;
        // A test that is skipped, or whose cluster could not be made, ends with its own reason.
        if (_cluster is null) return;
        await using var cluster = _cluster;
        Output.WriteLine(cluster.Logs(lines: 30));
        foreach (var store in cluster.Running.ToList()) await KillAsync(store);
    }

    /// <summary>Makes the test's cluster, and starts nothing.</summary>
    /// <param name="stores">How many.</param>
    /// <param name="overrides">HOCON that wins over what stores are started with.</param>
    private protected ProcessCluster Create(int stores, string overrides = "") => _cluster = new ProcessCluster(
        new StoreLayout($"test-{Guid.NewGuid():n}", StoreAddress.Free(stores), Settings: overrides),
        ProcessCluster.OwnProgram, _directory.Path);

    /// <summary>Makes the test's cluster and starts it; a client once it serves.</summary>
    /// <param name="stores">How many.</param>
    /// <param name="timeout">How long each of the client's calls may take, in seconds.</param>
    /// <param name="overrides">As for <see cref="Create"/>.</param>
    private protected async Task<TinyKvClient> StartAsync(int stores, int timeout = 60, string overrides = "")
    {
        Create(stores, overrides).StartMissing();
        await SettledAsync();
        return await ConnectAsync(timeout);
    }

    /// <summary>A client of all stores.</summary>
    /// <param name="timeout">How long each of its calls may take, in seconds.</param>
    private protected Task<TinyKvClient> ConnectAsync(int timeout = 60) =>
        Cluster.ConnectAsync(TimeSpan.FromSeconds(timeout));

    /// <summary>kill -9 of a store that runs.</summary>
    private protected async Task KillAsync(int store) => Assert.Equal([ServerProcess.Killed], await Cluster.KillAsync(store));

    /// <summary>Waits until a store ends by itself; its exit code and its last line on standard error.</summary>
    private protected async Task<(int Code, string Complaint)> EndAsync(int store)
    {
        var ended = await Cluster.EndAsync(store, Deadline);
        return (ended.Code, ended.LastComplaint);
    }

    /// <summary>Waits until every store that runs and does not stand still is ready and follows the same leaders.</summary>
    private protected Task<IReadOnlyList<RegionLeader>> SettledAsync() => Cluster.SettledAsync(Deadline);

    /// <summary>The store that leads most of the regions with keys, once all are settled.</summary>
    private protected async Task<int> LeaderAsync() => RegionLeader.OfMost(await SettledAsync());
}
