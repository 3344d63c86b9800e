namespace TinyKv.Benchmarks.Targets;

/// <summary>
/// A system under load, reached in one way. Calls are made from many tasks at once. A call that fails throws; what it
/// throws is counted by its kind and not repeated.
/// </summary>
/// <remarks>A new way to reach a system is one class here and one line in <see cref="TargetKind"/>.</remarks>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>Writes a pair; completes when it is durable on a majority.</summary>
    Task PutAsync(byte[] key, byte[] value, CancellationToken cancellation);

    /// <summary>The value of a key, read linearizably; null: there is none.</summary>
    Task<ReadOnlyMemory<byte>?> GetAsync(byte[] key, CancellationToken cancellation);

    /// <summary>Reads so many pairs in the order of their keys, with their values; how many there were.</summary>
    Task<int> ScanAsync(byte[] from, byte[] until, int limit, CancellationToken cancellation);

    /// <summary>Writes pairs, all or none.</summary>
    /// <exception cref="TargetException">It cannot.</exception>
    Task PutBatchAsync(IReadOnlyList<(byte[] Key, byte[] Value)> pairs, CancellationToken cancellation);
}

/// <summary>A call was refused.</summary>
/// <param name="kind">A word to count it by.</param>
/// <param name="message">What was said.</param>
internal sealed class TargetException(string kind, string message) : Exception(message)
{
    /// <summary>A word to count it by.</summary>
    public string Kind => kind;
}
