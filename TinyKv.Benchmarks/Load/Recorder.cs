using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using HdrHistogram;
using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Load;

/// <summary>Collects what operations report while it is on; thread-safe.</summary>
internal sealed class Recorder
{
    private const long MaxMicroseconds = 10 * 60 * 1_000_000L;
    private const int SignificantDigits = 3;

    private readonly LongConcurrentHistogram _microseconds = new(1, MaxMicroseconds, SignificantDigits);
    private readonly ConcurrentDictionary<string, long> _errors = new();
    private long _operations;

    /// <summary>Whether reports are counted.</summary>
    public volatile bool On;

    /// <summary>Operations that succeeded.</summary>
    public long Operations => Interlocked.Read(ref _operations);

    /// <summary>What failed, by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Runs an operation and counts it if it ends while this is on.</summary>
    public Task RunAsync(Func<Task> operation) => RunAsync(operation, Stopwatch.GetTimestamp(), () => On);

    /// <summary>
    /// Runs an operation that was due at <paramref name="since"/>, and counts it if this is on now, however late it ends.
    /// </summary>
    public Task RunDueAsync(Func<Task> operation, long since)
    {
        var counts = On;
        return RunAsync(operation, since, () => counts);
    }

    private async Task RunAsync(Func<Task> operation, long since, Func<bool> counts)
    {
        try
        {
            await operation();
            if (!counts()) return;
            Interlocked.Increment(ref _operations);
            var microseconds = (long)Stopwatch.GetElapsedTime(since).TotalMicroseconds;
            _microseconds.RecordValue(Math.Clamp(microseconds, 1, MaxMicroseconds));
        }
        catch (Exception e)
        {
            if (counts()) _errors.AddOrUpdate(Kind(e), 1, (_, count) => count + 1);
        }
    }

    /// <summary>The latency that <paramref name="percentile"/> of 100 operations did not exceed, in ms; 0 when none
    /// succeeded.</summary>
    public double Milliseconds(double percentile) =>
        Operations == 0 ? 0 : _microseconds.GetValueAtPercentile(percentile) / 1000.0;

    private static string Kind(Exception failure) => failure switch
    {
        TargetException refused => refused.Kind,
        RpcException rpc => rpc.StatusCode.ToString(),
        _ => failure.GetType().Name,
    };
}
