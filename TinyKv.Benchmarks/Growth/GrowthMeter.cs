using System.Diagnostics;
using System.Runtime.CompilerServices;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Growth;

/// <summary>What stores occupy after so many puts.</summary>
/// <param name="Puts">How many.</param>
/// <param name="Rate">Puts a second since the line before.</param>
/// <param name="Stores">What each store occupies then,</param>
/// <param name="Most">and the most of each that any store did since the line before.</param>
internal sealed record GrowthStep(long Puts, double Rate, IReadOnlyList<StoreSize> Stores, StoreSize Most);

/// <summary>Puts on the same keys for long, and what the stores occupy meanwhile.</summary>
internal static class GrowthMeter
{
    private const int Clients = 256;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>Makes so many puts; a line for each step.</summary>
    public static async IAsyncEnumerable<GrowthStep> MeasureAsync(
        ProcessCluster cluster, Workload workload, long puts, long step,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using var target = await cluster.ConnectAsync(TargetKind.TinyKvClient, connections: 4, cancellation);
        for (var done = 0L; done < puts;)
        {
            var now = Math.Min(step, puts - done);
            var load = LoadGenerator.RunOnceAsync(target, workload, now, Clients, cluster.ProcessIds, cancellation);
            var most = await MostUntilAsync(load, cluster);
            var measured = await load;
            if (measured.Errors.Count > 0) throw new TinyKvException($"{measured.Errors.Values.Sum()} puts failed");
            var stores = cluster.All.Select(store => StoreSize.Of(cluster, store)).ToList();
            done += now;
            yield return new GrowthStep(done, measured.OperationsPerSecond, stores, stores.Aggregate(most, (a, b) => a.Max(b)));
        }
    }

    /// <summary>How long a store that was killed, and does not lead, takes to be ready again.</summary>
    public static async Task<TimeSpan> RestartAsync(ProcessCluster cluster, CancellationToken cancellation)
    {
        var leader = await cluster.LeaderAsync(cancellation);
        var store = cluster.All.First(store => store != leader);
        await cluster.KillAsync(store);
        var started = Stopwatch.GetTimestamp();
        cluster.Start(store);
        await cluster.ReadyAsync(StartTimeout, cancellation);
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task<StoreSize> MostUntilAsync(Task end, ProcessCluster cluster)
    {
        var most = default(StoreSize);
        while (!end.IsCompleted)
        {
            most = cluster.All.Select(store => StoreSize.Of(cluster, store)).Aggregate(most, (a, b) => a.Max(b));
            await Task.WhenAny(end, Task.Delay(Pause));
        }
        return most;
    }
}
