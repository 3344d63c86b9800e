namespace TinyKv.Tests.Simulation.Nodes;

/// <summary>What a client asked of a key.</summary>
internal enum OperationKind
{
    Put,
    Delete,
    Get,
}

/// <summary>A client's request to one key, from when it was made until its outcome was known.</summary>
internal sealed class Operation(string key, OperationKind kind, string? value, long invoked)
{
    /// <summary>The key.</summary>
    public string Key => key;

    /// <summary>What was asked.</summary>
    public OperationKind Kind => kind;

    /// <summary>What was written, unique in the history, or read; null for none.</summary>
    public string? Value { get; private set; } = value;

    /// <summary>When it was asked.</summary>
    public long Invoked => invoked;

    /// <summary>When it was answered; never if the outcome is unknown.</summary>
    public long Returned { get; private set; } = long.MaxValue;

    /// <summary>The outcome is known.</summary>
    public void Return(long now, string? read = null)
    {
        Returned = now;
        if (kind == OperationKind.Get) Value = read;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{kind} {key} {Value} [{invoked}, {(Returned == long.MaxValue ? "?" : Returned)}]";
}

/// <summary>All that clients did that may have had an effect, and all that they read.</summary>
internal sealed class History
{
    private readonly SortedDictionary<string, List<Operation>> _operations = new(StringComparer.Ordinal);

    /// <summary>The operations by key, each in the order in which they were invoked.</summary>
    public IEnumerable<KeyValuePair<string, List<Operation>>> ByKey => _operations;

    /// <summary>How many operations.</summary>
    public int Count => _operations.Values.Sum(operations => operations.Count);

    /// <summary>How many operations on a key.</summary>
    public int CountOf(string key) => _operations.TryGetValue(key, out var operations) ? operations.Count : 0;

    /// <summary>An operation begins.</summary>
    public Operation Invoke(string key, OperationKind kind, string? value, long now)
    {
        var operation = new Operation(key, kind, value, now);
        if (!_operations.TryGetValue(key, out var operations)) _operations[key] = operations = [];
        operations.Add(operation);
        return operation;
    }

    /// <summary>An operation certainly had no effect, or showed none.</summary>
    public void Forget(Operation operation) => _operations[operation.Key].Remove(operation);
}
