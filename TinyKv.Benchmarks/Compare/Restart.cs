using System.Diagnostics;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Compare;

/// <summary>How long a cluster takes to serve again after all of its processes were killed.</summary>
internal static class Restart
{
    private const int Clients = 256;
    private const int ValueBytes = 256;

    /// <summary>Fills a cluster, kills it, starts it, and waits for its first write.</summary>
    public static async Task<TimeSpan> MeasureAsync(
        ServerGroup cluster, TargetKind kind, int keys, CancellationToken cancellation)
    {
        cluster.StartMissing();
        await using (var target = await cluster.ConnectAsync(kind, connections: 1, cancellation))
            await new Workload(OperationKind.Put, keys, ValueBytes, batch: 1).FillAsync(target, Clients, cancellation);

        await cluster.KillAsync(cluster.All);
        var start = Stopwatch.GetTimestamp();
        cluster.StartMissing();
        await using (await cluster.ConnectAsync(kind, connections: 1, cancellation))
            return Stopwatch.GetElapsedTime(start);
    }
}
