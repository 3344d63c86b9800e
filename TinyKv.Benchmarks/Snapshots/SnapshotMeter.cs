using System.Diagnostics;
using TinyKv.Benchmarks.Load;
using TinyKv.Benchmarks.Targets;
using TinyKv.Client;

namespace TinyKv.Benchmarks.Snapshots;

/// <summary>What was seen of a load.</summary>
/// <param name="Load">What its clients saw.</param>
/// <param name="Heartbeats">What 99 of 100 round trips of heartbeats took at most, in seconds, between members that were there
/// before: a store has no replica that answers until it has installed its snapshot.</param>
internal sealed record LoadSeen(Measurement Load, double Heartbeats)
{
    /// <summary>For people. Buckets tell no more of the heartbeats.</summary>
    public string Text => $"{Load.OperationsPerSecond:0} puts/s, p50 {Load.Milliseconds["p50"]:0.0} ms, "
        + $"p99 {Load.Milliseconds["p99"]:0.0} ms, {Load.Errors.Values.Sum()} failed; "
        + $"heartbeats p99 within {Heartbeats * 1000:0.#} ms";
}

/// <summary>What was seen of a snapshot under load.</summary>
/// <param name="Without">The load before it,</param>
/// <param name="With">and while it was under way.</param>
/// <param name="Bytes">How many of keys and values the store has got.</param>
/// <param name="Time">From when the store was to have a replica until that votes.</param>
internal sealed record SnapshotSeen(LoadSeen Without, LoadSeen With, double Bytes, TimeSpan Time);

/// <summary>Gives a store a replica of a region under load, and takes it away.</summary>
/// <param name="target">Where the load goes.</param>
/// <param name="workload">What is asked.</param>
/// <param name="plan">The load without a snapshot, and at which rate it goes on with one.</param>
/// <param name="admin">Moves replicas.</param>
internal sealed class SnapshotMeter(ITarget target, Workload workload, LoadPlan plan, IClusterAdmin admin)
{
    private const string Heartbeats = "tinykv_raft_heartbeat_duration_seconds";
    private const string Received = "tinykv_snapshot_received_bytes_total";

    /// <summary>Measures one snapshot to a store that has no replica of the region, and has none again afterwards.</summary>
    public async Task<SnapshotSeen> MeasureAsync(ulong region, ulong store, CancellationToken cancellation)
    {
        var first = await ScrapeAsync(cancellation);
        var without = await LoadAsync(() => Task.Delay(plan.Duration, cancellation), cancellation);
        var (before, time) = (await ScrapeAsync(cancellation), TimeSpan.Zero);
        var with = await LoadAsync(async () =>
        {
            var started = Stopwatch.GetTimestamp();
            await admin.AddPeerAsync(region, store, underWay: null, cancellation);
            time = Stopwatch.GetElapsedTime(started);
        }, cancellation);
        var after = await ScrapeAsync(cancellation);
        await admin.RemovePeerAsync(region, store, underWay: null, cancellation);
        return new SnapshotSeen(
            Seen(without, first, before), Seen(with, before, after), after.Sum(Received) - before.Sum(Received), time);
    }

    private Task<Measurement> LoadAsync(Func<Task> other, CancellationToken cancellation) =>
        LoadGenerator.RunWhileAsync(target, workload, plan, servers: [], other, cancellation);

    private static LoadSeen Seen(Measurement load, ScrapedMetrics before, ScrapedMetrics after) =>
        new(load, after.BoundOf(Heartbeats, 0.99, before));

    private async Task<ScrapedMetrics> ScrapeAsync(CancellationToken cancellation) => await ScrapedMetrics.OfAsync(
        (await admin.ListStoresAsync(cancellation)).Stores.Select(store => store.StatusEndpoint), cancellation);
}
