using TinyKv.Testing.Linearizability;
using KeyOperation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// All that clients did that may have had an effect, and all that they saw. What concerns many keys counts for each of
/// them: who reads or deletes a range does so for every key in it.
/// </summary>
internal sealed class History
{
    // Long histories, and such with many open ends, are expensive to check.
    private const int MaxPerKey = 120;
    private const int MaxOpen = 4;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly SortedDictionary<string, KeyHistory> _keys = new(StringComparer.Ordinal);
    private readonly List<RangeOperation> _ranges = [];

    /// <summary>How many operations.</summary>
    public int Count => _keys.Values.Sum(key => key.Operations.Count) + _ranges.Count;

    /// <summary>Whether a key has been used enough.</summary>
    public bool IsWorn(string key) =>
        _keys.TryGetValue(key, out var history) && (history.Uses >= MaxPerKey || history.Open >= MaxOpen);

    /// <summary>Whether somebody has used a key.</summary>
    public bool Knows(string key) => _keys.ContainsKey(key);

    /// <summary>The keys in a range that somebody has used, ascending.</summary>
    public IEnumerable<string> In(KeySpan span) => _keys.Keys.Where(span.Contains);

    /// <summary>An operation on a key begins.</summary>
    public void Begin(string key, long now)
    {
        if (!_keys.TryGetValue(key, out var history)) _keys[key] = history = new KeyHistory(now);
        history.Uses++;
    }

    /// <summary>An operation on a key has ended, or its outcome will never be known.</summary>
    public void Add(string key, KeyOperation operation)
    {
        _keys[key].Operations.Add(operation);
        if (operation.IsOpen) _keys[key].Open++;
    }

    /// <summary>An operation on a range has ended, or its outcome will never be known.</summary>
    public void Add(RangeOperation operation)
    {
        _ranges.Add(operation);
        if (operation.Returned is not null) return;
        foreach (var key in In(operation.Span)) _keys[key].Open++;
    }

    /// <summary>The first key whose operations cannot have happened one after the other, and why; null: none.</summary>
    public string? Anomaly()
    {
        var checker = new Checker<long, RegisterInput, RegisterOutput>(new RegisterModel(), Limit);
        foreach (var key in _keys.Keys)
        {
            switch (checker.Check(RegisterHistory.Simplify(Of(key))))
            {
                case Verdict.Illegal illegal: return $"key {key}: {illegal.Explanation}";
                case Verdict.Unknown: return $"key {key}: {Of(key).Count} operations not decided in {Limit}";
            }
        }
        return null;
    }

    /// <summary>How many writes of unknown outcome somebody has seen.</summary>
    public int CountUnknownSeen()
    {
        var seen = new HashSet<long?>();
        foreach (var output in _keys.Keys.SelectMany(Of).Select(operation => operation.Output))
        {
            if (output is RegisterOutput.Found found) seen.Add(found.Value);
            if (output is RegisterOutput.Swapped swapped) seen.Add(swapped.Previous);
        }
        return _keys.Values.SelectMany(key => key.Operations).Count(operation => operation.IsOpen
            && seen.Contains(operation.Input switch
            {
                RegisterInput.Put put => put.Value,
                RegisterInput.CompareAndSet { Desired: { } desired } => desired,
                _ => -1,
            }));
    }

    // What was over before the key was first used says nothing, unless it saw something.
    private List<KeyOperation> Of(string key) =>
    [
        .. _keys[key].Operations,
        .. _ranges.Where(range => range.Span.Contains(key)).Select(range => range.On(key))
            .Where(operation => operation.IsOpen || operation.Returned >= _keys[key].Began
                || operation.Output is RegisterOutput.Found { Value: not null }),
    ];

    private sealed class KeyHistory(long began)
    {
        public long Began => began;

        public List<KeyOperation> Operations { get; } = [];

        public int Uses { get; set; }

        public int Open { get; set; }
    }
}

/// <summary>The keys from one on and below another.</summary>
internal readonly record struct KeySpan(string From, string Below)
{
    /// <summary>Whether it holds a key.</summary>
    public bool Contains(string key) =>
        string.CompareOrdinal(key, From) >= 0 && string.CompareOrdinal(key, Below) < 0;

    /// <inheritdoc/>
    public override string ToString() => $"[{From}, {Below})";
}

/// <summary>A scan, or a deletion of a range.</summary>
/// <param name="Client">Who asked.</param>
/// <param name="Span">The keys that it is about.</param>
/// <param name="Found">The values that a scan has seen; null for a deletion.</param>
/// <param name="Called">When it was asked.</param>
/// <param name="Returned">When it was answered; null: it is not known whether it took effect.</param>
internal sealed record RangeOperation(
    int Client, KeySpan Span, IReadOnlyDictionary<string, long>? Found, long Called, long? Returned)
{
    /// <summary>What it means for one key.</summary>
    public KeyOperation On(string key)
    {
        if (Found is null)
        {
            return new KeyOperation(Client, new RegisterInput.Delete(),
                Returned is null ? null : new RegisterOutput.Done(), Called, Returned);
        }
        return new KeyOperation(Client, new RegisterInput.Get(),
            new RegisterOutput.Found(Found.TryGetValue(key, out var value) ? value : null), Called, Returned);
    }
}
