using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What the door to the replicas measures: how long they take to answer, and what they refuse.</summary>
internal static class StorageMetrics
{
    private static readonly Histogram<double> WriteDuration = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.write.duration", "s", "From a write's proposal until it is applied.", tags: null, TinyKvTelemetry.Times);

    private static readonly Histogram<double> ReadDuration = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.read.duration", "s", "From a read's request until its view is open.", tags: null, TinyKvTelemetry.Times);

    private static readonly Counter<long> Refusals = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.refusals", "{request}", "Requests that a replica has refused, by kind and operation.");

    /// <summary>A write that began at <paramref name="started"/> is answered.</summary>
    public static void Written(long started, RegionError? refusal) =>
        Answered(WriteDuration, "write", started, refusal);

    /// <summary>A read that began at <paramref name="started"/> is answered.</summary>
    public static void Read(long started, RegionError? refusal) =>
        Answered(ReadDuration, "read", started, refusal);

    private static void Answered(Histogram<double> duration, string operation, long started, RegionError? refusal)
    {
        if (refusal is null)
        {
            duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
            return;
        }
        Refusals.Add(1,
            new KeyValuePair<string, object?>("kind", refusal.GetType().Name),
            new KeyValuePair<string, object?>("operation", operation));
    }
}
