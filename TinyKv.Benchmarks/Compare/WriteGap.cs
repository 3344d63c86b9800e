using System.Diagnostics;
using TinyKv.Benchmarks.Targets;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Compare;

/// <summary>How long no client's write is acknowledged when the leader is killed.</summary>
internal sealed class WriteGap(ProcessCluster cluster, Action<string> log)
{
    private const int Clients = 16;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReadyBound = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _last;
    private TimeSpan _longest;

    /// <summary>Kills the leader so many times; the longest gap around each kill, ascending.</summary>
    public async Task<IReadOnlyList<TimeSpan>> MeasureAsync(int kills, CancellationToken cancellation)
    {
        cluster.StartMissing();
        await using var target = await cluster.ConnectAsync(TargetKind.TinyKvClient, connections: 1, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writers = Task.WhenAll(Enumerable.Range(0, Clients).Select(client => WriteAsync(target, client, stop.Token)));
        var gaps = new List<TimeSpan>();
        for (var kill = 0; kill < kills; kill++)
        {
            await Task.Delay(Settle, cancellation);
            gaps.Add(await KillLeaderAsync(cancellation));
            log($"kill {kill + 1}: {gaps[^1].TotalMilliseconds:0} ms without an acknowledged write");
        }
        await stop.CancelAsync();
        await writers;
        gaps.Sort();
        return gaps;
    }

    private async Task<TimeSpan> KillLeaderAsync(CancellationToken cancellation)
    {
        var leader = await cluster.LeaderAsync(cancellation);
        Reset();
        await cluster.KillAsync(leader);
        var killed = Stopwatch.GetTimestamp();
        while (LastAfter(killed) is null) await Task.Delay(5, cancellation);
        var gap = Longest();
        // The next kill must find three stores that are up to date: two in a row would be another experiment.
        cluster.Start(leader);
        await cluster.ReadyAsync(ReadyBound, cancellation);
        return gap;
    }

    private async Task WriteAsync(ITarget target, int client, CancellationToken stop)
    {
        byte[] key = [(byte)'g', (byte)client];
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await target.PutAsync(key, key, stop);
                Acknowledged();
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                log($"a write failed: {e.Message}");
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Acknowledged()
    {
        lock (_lock)
        {
            var gap = Stopwatch.GetElapsedTime(_last);
            if (gap > _longest) _longest = gap;
            _last = Stopwatch.GetTimestamp();
        }
    }

    private void Reset()
    {
        lock (_lock) (_last, _longest) = (Stopwatch.GetTimestamp(), TimeSpan.Zero);
    }

    // An answer that was on its way when the leader died is no sign of the next one.
    private long? LastAfter(long killed)
    {
        lock (_lock) return _longest > TimeSpan.FromMilliseconds(200) && _last > killed ? _last : null;
    }

    private TimeSpan Longest()
    {
        lock (_lock) return _longest;
    }
}
