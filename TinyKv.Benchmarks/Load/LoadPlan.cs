namespace TinyKv.Benchmarks.Load;

/// <summary>How load is generated.</summary>
/// <param name="Clients">Operations under way at once in a closed loop; ignored in an open one.</param>
/// <param name="Rate">Operations a second in an open loop; 0 for a closed one.</param>
/// <param name="Warmup">Not counted.</param>
/// <param name="Duration">Counted.</param>
internal sealed record LoadPlan(int Clients, int Rate, TimeSpan Warmup, TimeSpan Duration);

/// <summary>What was measured.</summary>
internal sealed record Measurement
{
    /// <summary>Operations that succeeded, a second.</summary>
    public required double OperationsPerSecond { get; init; }

    /// <summary>Keys that they touched, a second.</summary>
    public required double KeysPerSecond { get; init; }

    /// <summary>Latency in ms, by percentile.</summary>
    public required IReadOnlyDictionary<string, double> Milliseconds { get; init; }

    /// <summary>The same for each kind of operation, when there were several; else empty.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> MillisecondsByKind { get; init; }

    /// <summary>Processor time of the servers for one key, in µs; 0 when no process was named.</summary>
    public required double ServerMicrosecondsPerKey { get; init; }

    /// <summary>Processor time of the load generator for one operation, in µs.</summary>
    public required double ClientMicrosecondsPerOperation { get; init; }

    /// <summary>Failed operations, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }
}
