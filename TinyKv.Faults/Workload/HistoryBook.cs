using System.Collections.Concurrent;
using System.Diagnostics;
using TinyKv.Faults.Linearizability;
using Operation = TinyKv.Faults.Linearizability.Operation<
    TinyKv.Faults.Linearizability.RegisterInput, TinyKv.Faults.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Workload;

/// <summary>
/// What all clients asked and were answered, per key, with times of one clock. Thread-safe.
/// </summary>
internal sealed class HistoryBook
{
    private readonly ConcurrentDictionary<string, List<Operation>> _keys = new();
    private readonly ConcurrentQueue<long> _writes = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _answered;
    private long _unknown;

    /// <summary>Microseconds since the beginning.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <summary>How many operations were answered.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>How many writes have an unknown outcome.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>All keys that were ever used.</summary>
    public IReadOnlyCollection<string> Keys => [.. _keys.Keys];

    /// <summary>Notes an operation.</summary>
    public void Add(string key, Operation operation)
    {
        var history = _keys.GetOrAdd(key, _ => []);
        lock (history) history.Add(operation);
        if (operation.IsOpen)
        {
            Interlocked.Increment(ref _unknown);
            return;
        }
        Interlocked.Increment(ref _answered);
        if (operation.Output is RegisterOutput.Done) _writes.Enqueue(operation.Returned!.Value);
    }

    /// <summary>Whether a write was answered after a moment.</summary>
    public bool WroteAfter(long moment) => _writes.LastOrDefault(long.MinValue) > moment;

    /// <summary>The longest time without an answered write, from one moment to another, in microseconds.</summary>
    public long LongestPause(long from, long to)
    {
        var moments = _writes.Where(at => at > from && at < to).Order().Prepend(from).Append(to).ToList();
        return moments.Zip(moments.Skip(1), (before, after) => after - before).Max();
    }

    /// <summary>Checks keys, each by itself; the anomalies found, each with its key.</summary>
    /// <param name="limit">How long one key may take.</param>
    /// <param name="keys">Which; all, when they are not given.</param>
    public IReadOnlyList<string> Check(TimeSpan limit, IReadOnlyCollection<string>? keys = null)
    {
        var checker = new Checker<long, RegisterInput, RegisterOutput>(new RegisterModel(), limit);
        var anomalies = new ConcurrentBag<string>();
        Parallel.ForEach(keys ?? Keys, key =>
        {
            var history = _keys[key];
            switch (checker.Check(RegisterHistory.Simplify(history)))
            {
                case Verdict.Illegal illegal:
                    anomalies.Add($"key {key}: {illegal.Explanation}");
                    break;
                case Verdict.Unknown:
                    anomalies.Add($"key {key}: {history.Count} operations not decided in {limit.TotalSeconds} s");
                    break;
            }
        });
        return [.. anomalies.Order(StringComparer.Ordinal)];
    }
}
