using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using HdrHistogram;
using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Load;

/// <summary>Collects what operations report in a stretch of time; thread-safe.</summary>
internal sealed class Recorder
{
    private const long MaxMicroseconds = 10 * 60 * 1_000_000L;
    private const int SignificantDigits = 3;

    private readonly LongConcurrentHistogram _microseconds = Histogram();
    private readonly ConcurrentDictionary<string, LongConcurrentHistogram> _byKind = new();
    private readonly ConcurrentDictionary<string, long> _errors = new();
    private long _operations;
    private long _from = long.MaxValue;
    private long _to = long.MaxValue;

    /// <summary>Operations that succeeded between <see cref="Begin"/> and <see cref="End"/>.</summary>
    public long Operations => Interlocked.Read(ref _operations);

    /// <summary>What failed, by kind.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>From now on it counts.</summary>
    public void Begin() => Volatile.Write(ref _from, Stopwatch.GetTimestamp());

    /// <summary>Until now it has.</summary>
    public void End() => Volatile.Write(ref _to, Stopwatch.GetTimestamp());

    /// <summary>Runs an operation; its latency counts if it ends in time.</summary>
    public Task RunAsync(Func<Task<string>> operation) => RunAsync(operation, Stopwatch.GetTimestamp(), isDue: false);

    /// <summary>Runs one that was due at <paramref name="since"/>; its latency counts if that was in time, however late it
    /// ends.</summary>
    public Task RunDueAsync(Func<Task<string>> operation, long since) => RunAsync(operation, since, isDue: true);

    /// <summary>The latency that <paramref name="percentile"/> of 100 operations did not exceed, in ms; 0 when none
    /// succeeded.</summary>
    public double Milliseconds(double percentile) => Milliseconds(_microseconds, percentile);

    /// <summary>The kinds of operation that have succeeded.</summary>
    public IReadOnlyCollection<string> Kinds => [.. _byKind.Keys.Order(StringComparer.Ordinal)];

    /// <summary>As <see cref="Milliseconds(double)"/>, of one kind of operation.</summary>
    public double Milliseconds(string kind, double percentile) => Milliseconds(_byKind[kind], percentile);

    private static LongConcurrentHistogram Histogram() => new(1, MaxMicroseconds, SignificantDigits);

    private static double Milliseconds(LongConcurrentHistogram microseconds, double percentile) =>
        microseconds.TotalCount == 0 ? 0 : microseconds.GetValueAtPercentile(percentile) / 1000.0;

    private async Task RunAsync(Func<Task<string>> operation, long since, bool isDue)
    {
        try
        {
            var kind = await operation();
            var now = Stopwatch.GetTimestamp();
            if (IsInTime(now)) Interlocked.Increment(ref _operations);
            if (!IsInTime(isDue ? since : now)) return;
            var microseconds = (long)Stopwatch.GetElapsedTime(since, now).TotalMicroseconds;
            microseconds = Math.Clamp(microseconds, 1, MaxMicroseconds);
            _microseconds.RecordValue(microseconds);
            _byKind.GetOrAdd(kind, _ => Histogram()).RecordValue(microseconds);
        }
        catch (Exception e)
        {
            if (IsInTime(isDue ? since : Stopwatch.GetTimestamp())) _errors.AddOrUpdate(Kind(e), 1, (_, count) => count + 1);
        }
    }

    private bool IsInTime(long moment) => moment >= Volatile.Read(ref _from) && moment < Volatile.Read(ref _to);

    private static string Kind(Exception failure) => failure switch
    {
        TargetException refused => refused.Kind,
        RpcException rpc => rpc.StatusCode.ToString(),
        _ => failure.GetType().Name,
    };
}
