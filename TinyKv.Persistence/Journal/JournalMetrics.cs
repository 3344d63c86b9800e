using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Persistence.Journal;

/// <summary>What the writer thread measures of its commits.</summary>
internal static class JournalMetrics
{
    private static readonly Histogram<double> Duration = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.journal.commit.duration", "s", "One synced write of the RocksDB journal.",
        tags: null, TinyKvTelemetry.Times);

    private static readonly Histogram<long> Requests = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.journal.commit.requests", "{request}", "Requests that one synced write has served.",
        tags: null, TinyKvTelemetry.Counts);

    private static readonly Counter<long> Bytes = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.journal.written", "By", "Events that the RocksDB journal has written.");

    /// <summary>A batch whose write began at <paramref name="started"/> is on disk.</summary>
    public static void Committed(List<CommitRequest> batch, long started)
    {
        Duration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        Requests.Record(batch.Count);
        if (Bytes.Enabled) Bytes.Add(batch.Sum(request => request.Bytes));
    }
}
