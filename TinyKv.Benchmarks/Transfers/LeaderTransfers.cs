using TinyKv.Benchmarks.Load;
using TinyKv.Client;
using TinyKv.Testing.Processes;

namespace TinyKv.Benchmarks.Transfers;

/// <summary>What was seen of transfers under load.</summary>
internal sealed class TransferPauses
{
    /// <summary>The longest pause of the writes around the first transfer to each store, which runs what was never
    /// compiled.</summary>
    public List<TimeSpan> First { get; } = [];

    /// <summary>The same around the others,</summary>
    public List<TimeSpan> Others { get; } = [];

    /// <summary>and in as long a time before each of them, without one.</summary>
    public List<TimeSpan> Without { get; } = [];

    /// <summary>How many writes were acknowledged in all.</summary>
    public long Acknowledged { get; set; }

    /// <summary>How many failed.</summary>
    public long Failed { get; set; }
}

/// <summary>How long no client's write is acknowledged when leadership is handed from store to store.</summary>
internal sealed class LeaderTransfers(ProcessCluster cluster, Action<string> log)
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    // So long before and after a transfer pauses count; without one in all of that.
    private static readonly TimeSpan Before = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan After = TimeSpan.FromMilliseconds(700);

    /// <summary>Hands leadership on so many times, after once to each store.</summary>
    public async Task<TransferPauses> MeasureAsync(int transfers, TimeSpan heat, CancellationToken cancellation)
    {
        cluster.StartMissing();
        await cluster.SettledAsync(StartTimeout, cancellation);
        // As it comes: a write whose outcome is unknown is not repeated, but fails.
        await using var client = await cluster.ConnectAsync(CallTimeout);
        await using var writers = new Writers((key, stop) => client.Raw.PutAsync(key, key, cancellation: stop), log);
        await Task.Delay(heat, cancellation);
        var seen = new TransferPauses();
        foreach (var _ in cluster.All) seen.First.Add(await TransferAsync());
        for (var transfer = 1; transfer <= transfers; transfer++)
        {
            seen.Without.Add(await PauseAsync(writers, () => Task.CompletedTask, cancellation));
            seen.Others.Add(await TransferAsync());
            log($"transfer {transfer}: {seen.Others[^1].TotalMilliseconds:0} ms without an acknowledged write, "
                + $"{seen.Without[^1].TotalMilliseconds:0} ms before it");
        }
        (seen.Acknowledged, seen.Failed) = (writers.Acknowledged, writers.Failed);
        return seen;

        Task<TimeSpan> TransferAsync() => PauseAsync(writers, () => HandOnAsync(client.Admin, cancellation), cancellation);
    }

    private static async Task<TimeSpan> PauseAsync(Writers writers, Func<Task> between, CancellationToken cancellation)
    {
        writers.Reset();
        await Task.Delay(Before, cancellation);
        await between();
        await Task.Delay(After, cancellation);
        await writers.AcknowledgedAsync(cancellation); // a pause counts when it is over
        return writers.Pause.Longest;
    }

    private async Task HandOnAsync(IClusterAdmin admin, CancellationToken cancellation)
    {
        var leader = (await cluster.LeadersAsync(cancellation)).First(leader => leader.HasKeys);
        var next = cluster.StoreIn(leader.Place % cluster.Layout.Stores + 1);
        await admin.TransferLeaderAsync(leader.Region, next.Id, cancellation);
    }
}
