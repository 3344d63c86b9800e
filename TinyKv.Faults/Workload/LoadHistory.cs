using System.Collections.Concurrent;
using TinyKv.Testing.Linearizability;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Faults.Workload;

/// <summary>What all clients of a load asked and were answered, and how well they were served. Thread-safe.</summary>
internal sealed class LoadHistory
{
    private readonly History _history = new();
    private readonly ConcurrentQueue<long> _writes = new();
    private readonly ConcurrentDictionary<string, long> _lastWrites = new();
    private readonly Tally _tally = new();
    private long _answered;
    private long _unknown;

    /// <summary>Microseconds since the beginning.</summary>
    public long Now => _history.Now;

    /// <summary>How many operations were answered.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>How many writes have an unknown outcome.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>All keys that were used and not forgotten.</summary>
    public IReadOnlyCollection<string> Keys => _history.Keys;

    /// <summary>How many operations there were through each kind of client.</summary>
    public IEnumerable<string> Mix => _tally.Lines;

    /// <summary>Notes an operation.</summary>
    /// <param name="key">What it was about.</param>
    /// <param name="client">The kind of client that made it.</param>
    /// <param name="operation">What was asked and answered.</param>
    public void Add(string key, string client, Operation operation)
    {
        _tally.Add(client, operation);
        _history.Add(key, operation);
        if (operation.IsOpen)
        {
            Interlocked.Increment(ref _unknown);
            return;
        }
        Interlocked.Increment(ref _answered);
        if (operation.Output is not (RegisterOutput.Done or RegisterOutput.Swapped { Succeeded: true })) return;
        _writes.Enqueue(operation.Returned!.Value);
        _lastWrites.AddOrUpdate(client, operation.Called, (_, last) => Math.Max(last, operation.Called));
    }

    /// <summary>Whether a write has succeeded through a kind of client that was called after a moment; what was under way
    /// then may have been done before.</summary>
    public bool WroteSince(long moment, string client) => _lastWrites.GetValueOrDefault(client, long.MinValue) > moment;

    /// <summary>The longest time without an answered write, from one moment to another, in microseconds.</summary>
    public long LongestPause(long from, long to)
    {
        var moments = _writes.Where(at => at > from && at < to).Order().Prepend(from).Append(to).ToList();
        return moments.Zip(moments.Skip(1), (before, after) => after - before).Max();
    }

    /// <summary>Forgets what was done to keys, which nobody uses any more.</summary>
    public void Forget(IEnumerable<string> keys)
    {
        foreach (var key in keys) _history.Forget(key);
    }

    /// <summary>Forgets when writes were answered before a moment.</summary>
    public void ForgetWrites(long before)
    {
        while (_writes.TryPeek(out var at) && at < before) _writes.TryDequeue(out _);
    }

    /// <summary>Checks keys, each by itself; the anomalies found, each with its key.</summary>
    /// <param name="limit">How long one key may take.</param>
    /// <param name="keys">Which; all, when they are not given.</param>
    public IReadOnlyList<string> Check(TimeSpan limit, IReadOnlyCollection<string>? keys = null) =>
        _history.Check(limit, keys);
}
