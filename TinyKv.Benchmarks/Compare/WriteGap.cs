using System.Diagnostics;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Compare;

/// <summary>How long no client's write is acknowledged when the leader is killed.</summary>
internal sealed class WriteGap(ProcessCluster cluster, Action<string> log)
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadyBound = TimeSpan.FromMinutes(1);

    // An answer that was on its way when the leader died is no sign of the next one.
    private static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(200);

    /// <summary>Kills the leader so many times; the longest gap around each kill.</summary>
    public async Task<IReadOnlyList<TimeSpan>> MeasureAsync(int kills, CancellationToken cancellation)
    {
        cluster.StartMissing();
        await using var target = await cluster.ConnectAsync(TargetKind.TinyKvClient, connections: 1, cancellation);
        await using var writers = new Writers((key, stop) => target.PutAsync(key, key, stop), log);
        var gaps = new List<TimeSpan>();
        for (var kill = 0; kill < kills; kill++)
        {
            await Task.Delay(Settle, cancellation);
            gaps.Add(await KillLeaderAsync(writers, cancellation));
            log($"kill {kill + 1}: {gaps[^1].TotalMilliseconds:0} ms without an acknowledged write");
        }
        return gaps;
    }

    private async Task<TimeSpan> KillLeaderAsync(Writers writers, CancellationToken cancellation)
    {
        var leader = await cluster.LeaderAsync(cancellation);
        writers.Reset();
        await cluster.KillAsync(leader);
        var killed = Stopwatch.GetTimestamp();
        while (writers.Pause.Longest <= ShortestGap || writers.Pause.Last <= killed) await Task.Delay(5, cancellation);
        var gap = writers.Pause.Longest;
        // The next kill must find three stores that are up to date: two in a row would be another experiment.
        cluster.Start(leader);
        await cluster.ReadyAsync(ReadyBound, cancellation);
        return gap;
    }
}
