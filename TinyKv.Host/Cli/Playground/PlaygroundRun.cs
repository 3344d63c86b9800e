using System.Diagnostics;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Host.Cli.Status;

namespace TinyKv.Host.Cli.Playground;

/// <summary>One run of a playground: starts the stores, waits until they serve, and stops them at the end.</summary>
internal sealed class PlaygroundRun(
    CliHost host, PlaygroundState state, PlaygroundDirectory directory, StoreOverrides overrides)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs until cancelled; the stores' configuration files must be there.</summary>
    /// <exception cref="TinyKvException">The stores did not come up, or could not be kept alive.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var farewell = cancellation.Register(() => Say("stopping the stores"));
        var supervisors = Enumerable.Range(1, state.Stores).Select(Supervise).ToList();
        var runs = supervisors.ConvertAll(supervisor => supervisor.RunAsync(stop.Token));
        try
        {
            Say($"starting {state.Stores} {(state.Stores == 1 ? "store" : "stores")} of {state.ClusterName} in {directory.Path}");
            await WaitUntilReadyAsync(supervisors, runs, stop.Token);
            Announce(supervisors);
            await Task.WhenAll(runs);
            if (!cancellation.IsCancellationRequested) throw new TinyKvException("no store could be kept alive");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Stopped while it started, which is no failure.
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(runs);
            Say("all stores have stopped");
        }
    }

    private StoreSupervisor Supervise(int storeId)
    {
        var storeDirectory = directory.OfStore(storeId);
        return new StoreSupervisor(storeId,
            () => StoreProcess.Server(StoreConfigFile.FileIn(storeDirectory), overrides),
            Path.Combine(storeDirectory, "log.txt"), RestartPolicy.Default, Say);
    }

    private async Task WaitUntilReadyAsync(
        List<StoreSupervisor> supervisors, List<Task<bool>> runs, CancellationToken cancellation)
    {
        var options = new TinyKvClientOptions
        {
            Endpoints = [.. Enumerable.Range(0, state.Stores).Select(index => Endpoint(index))],
            Timeout = TimeSpan.FromSeconds(5),
        };
        var started = Stopwatch.GetTimestamp();
        while (await WhyNotReadyAsync(supervisors, options, cancellation) is { } reason)
        {
            if (runs.Where((run, index) => run.IsCompleted && !supervisors[index].WasRemoved).Any())
                throw new TinyKvException($"the playground did not start; the logs are in {directory.Path}/store-*");
            if (Stopwatch.GetElapsedTime(started) > StartTimeout)
                throw new TinyKvException($"the playground was not ready in {StartTimeout.TotalSeconds:0} s: {reason}");
            await Task.Delay(ProbeInterval, cancellation);
        }
    }

    // Those that have joined are somebody else's to start, and one that was removed does not start any more.
    private async Task<string?> WhyNotReadyAsync(
        List<StoreSupervisor> supervisors, TinyKvClientOptions options, CancellationToken cancellation)
    {
        try
        {
            await using var cluster = await host.Connect(options, cancellation);
            var view = ClusterView.Of(await cluster.GetStoreStatusesAsync(cancellation));
            var own = view.Stores.Where(each => each.StoreId <= (ulong)state.Stores
                && !supervisors[(int)each.StoreId - 1].WasRemoved).ToList();
            if (own.Find(each => each.Status is not { Ready: true }) is { } store)
                return $"store {store.StoreId} is not ready {store.Error}";
            if (view.Regions.FirstOrDefault(region => region.LeaderStore == 0) is { } region)
                return $"region {region.Name} has no leader";
            var expected = supervisors.Count(supervisor => !supervisor.WasRemoved);
            return own.Count < expected || view.Regions.Count == 0 ? "not all stores are known" : null;
        }
        catch (TinyKvClientException error)
        {
            return error.Message;
        }
    }

    private void Announce(List<StoreSupervisor> supervisors)
    {
        var table = new FittingTable(new("store", 0), new("gRPC", 0), new("status", 2), new("remoting", 3),
            new("process", 1), new("directory", 4));
        for (var index = 0; index < supervisors.Count; index++)
        {
            if (supervisors[index].WasRemoved) continue;
            var ports = PlaygroundPorts.Of(state.BasePort, index);
            table.AddRow($"{index + 1}", Endpoint(index), $"http://127.0.0.1:{ports.Status}/status",
                $"127.0.0.1:{ports.Remoting}", $"{supervisors[index].ProcessId}", directory.OfStore(index + 1));
        }
        table.Write(host.OutputConsole());
        host.Text.WriteLine($"{state.ClusterName} is ready. Try: tinykv put hello world " +
            $"--endpoint {Endpoint(0)}");
        host.Text.WriteLine("Ctrl-C stops it.");
    }

    private string Endpoint(int index) => $"127.0.0.1:{PlaygroundPorts.Of(state.BasePort, index).Grpc}";

    private void Say(string message) => host.Error.WriteLine($"playground: {message}");
}
