using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TinyKv.Protocol.Telemetry;

/// <summary>The one meter and the one source of traces of TinyKv. What they publish is in docs/metrics.md.</summary>
public static class TinyKvTelemetry
{
    /// <summary>The name of both, for whoever exports them.</summary>
    public const string Name = "TinyKv";

    private static readonly string? Version = typeof(TinyKvTelemetry).Assembly.GetName().Version?.ToString(3);

    /// <summary>All instruments.</summary>
    public static Meter Meter { get; } = new(Name, Version);

    /// <summary>All spans.</summary>
    public static ActivitySource Spans { get; } = new(Name, Version);

    /// <summary>Buckets for times in seconds, from a tenth of a millisecond to 10 s.</summary>
    public static InstrumentAdvice<double> Times { get; } = new()
    {
        HistogramBucketBoundaries =
        [
            0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
        ],
    };

    /// <summary>Buckets for how many shared one step.</summary>
    public static InstrumentAdvice<long> Counts { get; } = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
    };
}
