using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What a state machine measures of its writes to the engine.</summary>
internal sealed class ApplyMetrics(RegionId region) : IApplyObserver
{
    private static readonly Histogram<double> Duration = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.apply.duration", "s", "One write of the engine: its commands executed and taken in.",
        tags: null, TinyKvTelemetry.Times);

    private static readonly Histogram<long> Entries = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.apply.entries", "{entry}", "Entries in one write of the engine.", tags: null, TinyKvTelemetry.Counts);

    private static readonly Histogram<long> Commands = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.apply.commands", "{command}", "Commands in one write of the engine.", tags: null, TinyKvTelemetry.Counts);

    private static readonly Counter<long> StoppedRegions = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.apply.stopped_regions", "{region}", "Regions that have stopped: a committed entry cannot be read.");

    private readonly TagList _tags = new() { { "region", (long)region.Value } };

    public static void Stopped(StoreId store, RegionId region) =>
        StoppedRegions.Add(1, new TagList { { "store", (long)store.Value }, { "region", (long)region.Value } });

    public void OnApplied(in AppliedBatch batch)
    {
        Duration.Record(batch.Elapsed.TotalSeconds, _tags);
        Entries.Record(batch.Entries, _tags);
        Commands.Record(batch.Commands.Length, _tags);
    }
}
