using TinyKv.Client;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>Tests of one cluster of processes each, with the end of every store's log for whoever looks at a failure.</summary>
public abstract class ProcessClusterKit(ITestOutputHelper output) : IAsyncLifetime
{
    private ProcessCluster? _cluster;

    private protected ITestOutputHelper Output { get; } = output;

    private protected ProcessCluster Cluster => _cluster ?? throw new InvalidOperationException("the test has made no cluster");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        // A test that is skipped, or whose cluster could not be made, ends with its own reason.
        if (_cluster is null) return;
        Output.WriteLine(_cluster.Logs());
        await _cluster.DisposeAsync();
    }

    /// <summary>Makes the test's cluster, and starts nothing.</summary>
    /// <param name="stores">How many.</param>
    /// <param name="overrides">HOCON that wins over what a playground's stores are started with.</param>
    private protected ProcessCluster Create(int stores, string overrides = "") =>
        _cluster = new ProcessCluster(stores, overrides);

    /// <summary>Makes the test's cluster and starts it; a client once it serves.</summary>
    /// <param name="stores">How many.</param>
    /// <param name="timeout">How long each of the client's calls may take, in seconds.</param>
    /// <param name="overrides">As for <see cref="Create"/>.</param>
    private protected Task<TinyKvClient> StartAsync(int stores, int timeout = 60, string overrides = "") =>
        Create(stores, overrides).ServeAsync(timeout);
}
