using System.Collections.Concurrent;
using System.Diagnostics;

namespace TinyKv.Testing.Linearizability;

/// <summary>
/// What clients asked of keys and were answered, with times of one clock. A key is absent before its first operation:
/// all who write it must note what they do. Thread-safe.
/// </summary>
public sealed class History
{
    private const int MaxName = 40;

    private readonly ConcurrentDictionary<string, List<Operation<RegisterInput, RegisterOutput>>> _keys =
        new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _names = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _lastNumber;
    private int _clients;

    /// <summary>Microseconds since the history began: the times of its operations.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_start).TotalMicroseconds;

    /// <summary>All keys that were used.</summary>
    public IReadOnlyCollection<string> Keys => [.. _keys.Keys];

    /// <summary>What was done to a key so far, in the order of the answers.</summary>
    /// <exception cref="KeyNotFoundException">The key was never used.</exception>
    public IReadOnlyList<Operation<RegisterInput, RegisterOutput>> this[string key]
    {
        get
        {
            var operations = _keys[key];
            lock (operations) return [.. operations];
        }
    }

    /// <summary>Notes an operation that was answered, or never will be.</summary>
    public void Add(string key, Operation<RegisterInput, RegisterOutput> operation)
    {
        var operations = _keys.GetOrAdd(key, _ => []);
        lock (operations) operations.Add(operation);
    }

    /// <summary>Checks keys, each by itself; what cannot have happened one after the other, with its key.</summary>
    /// <param name="limit">How long one key may take; one that takes longer counts as wrong.</param>
    /// <param name="keys">Which; all, when they are not given.</param>
    public IReadOnlyList<string> Check(TimeSpan limit, IReadOnlyCollection<string>? keys = null)
    {
        var model = new RegisterModel(number => _names.TryGetValue(number, out var name) ? name : $"{number}");
        var checker = new Checker<long, RegisterInput, RegisterOutput>(model, limit);
        var anomalies = new ConcurrentBag<string>();
        Parallel.ForEach(keys ?? Keys, key =>
        {
            var operations = this[key];
            switch (checker.Check(RegisterHistory.Simplify(operations)))
            {
                case Verdict.Illegal illegal:
                    anomalies.Add($"key {key}: {illegal.Explanation}");
                    break;
                case Verdict.Unknown:
                    anomalies.Add($"key {key}: {operations.Count} operations not decided in {limit.TotalSeconds} s");
                    break;
            }
        });
        return [.. anomalies.Order(StringComparer.Ordinal)];
    }

    /// <summary>Forgets what was done to a key, which nobody uses any more.</summary>
    internal void Forget(string key) => _keys.TryRemove(key, out _);

    /// <summary>A number for a client that notes what it does, for people.</summary>
    internal int NextClient() => Interlocked.Increment(ref _clients);

    /// <summary>A number for a value; equal ones have the same.</summary>
    internal long? NumberOf(byte[]? value) => value is null ? null : _numbers.GetOrAdd(Convert.ToHexString(value), _ =>
    {
        var number = Interlocked.Increment(ref _lastNumber);
        var name = value.Length == 0 ? "an empty value" : ByteText.Of(value);
        _names[number] = name.Length <= MaxName ? name : $"{name[..MaxName]}…";
        return number;
    });
}
