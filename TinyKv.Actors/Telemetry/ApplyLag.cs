using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>How long committed entries of one replica wait until they are applied.</summary>
internal sealed class ApplyLag(StoreId store, RegionId region)
{
    private static readonly Histogram<double> Lag = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.apply.lag", "s", "From when entries are committed until they are applied.",
        tags: null, TinyKvTelemetry.Times);

    // A state machine that far behind is measured by its queue, not entry by entry.
    private const int MaxPending = 1024;

    private readonly TagList _tags = new() { { "store", (long)store.Value }, { "region", (long)region.Value } };
    private readonly Queue<(long Index, long Committed)> _pending = new();

    public void Committed(long index)
    {
        if (Lag.Enabled && _pending.Count < MaxPending) _pending.Enqueue((index, Stopwatch.GetTimestamp()));
    }

    public void Applied(long index)
    {
        while (_pending.TryPeek(out var oldest) && oldest.Index <= index)
            Lag.Record(Stopwatch.GetElapsedTime(_pending.Dequeue().Committed).TotalSeconds, _tags);
    }
}
