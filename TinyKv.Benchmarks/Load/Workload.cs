using System.Text;
using TinyKv.Benchmarks.Targets;

namespace TinyKv.Benchmarks.Load;

/// <summary>What one operation of a workload is.</summary>
internal enum OperationKind
{
    /// <summary>Writes one pair.</summary>
    Put,

    /// <summary>Reads one key, linearizably.</summary>
    Get,

    /// <summary>Writes several pairs, all or none.</summary>
    Batch,
}

/// <summary>Operations on uniformly random keys of a bounded key space.</summary>
internal sealed class Workload : IWorkload
{
    private const int DistinctValues = 1024;
    private const int Stride = 7919; // a prime

    private readonly OperationKind _kind;
    private readonly int _batch;
    private readonly byte[][] _keys;
    private readonly byte[][] _values;

    /// <summary>Makes keys and values.</summary>
    /// <param name="kind">What an operation is.</param>
    /// <param name="keys">How many keys there are.</param>
    /// <param name="valueBytes">The size of a value. Values are random: no compression helps one system only.</param>
    /// <param name="batch">The pairs of one batch.</param>
    /// <param name="first">The number of the first key.</param>
    public Workload(OperationKind kind, int keys, int valueBytes, int batch, int first = 0)
    {
        (_kind, _batch) = (kind, batch);
        _keys = [.. Enumerable.Range(first, keys).Select(Key)];
        var random = new Random(1);
        _values = [.. Enumerable.Range(0, DistinctValues).Select(_ => Value(random, valueBytes))];
    }

    /// <inheritdoc/>
    public int KeysPerOperation => _kind == OperationKind.Batch ? _batch : 1;

    /// <inheritdoc/>
    public async Task<string> RunAsync(ITarget target, CancellationToken cancellation)
    {
        switch (_kind)
        {
            case OperationKind.Put:
                await target.PutAsync(AnyKey(), AnyValue(), cancellation);
                return "put";
            case OperationKind.Get:
                await target.GetAsync(AnyKey(), cancellation);
                return "get";
            default:
                await target.PutBatchAsync(AnyBatch(), cancellation);
                return "batch";
        }
    }

    /// <summary>Writes every key once.</summary>
    public Task FillAsync(ITarget target, int clients, CancellationToken cancellation) => Parallel.ForEachAsync(
        _keys, new ParallelOptions { MaxDegreeOfParallelism = clients, CancellationToken = cancellation },
        async (key, stop) => await target.PutAsync(key, AnyValue(), stop));

    // Distinct keys, which etcd insists on, spread over the key space.
    private (byte[] Key, byte[] Value)[] AnyBatch()
    {
        var first = Random.Shared.Next(_keys.Length);
        var batch = new (byte[] Key, byte[] Value)[_batch];
        for (var i = 0; i < batch.Length; i++) batch[i] = (_keys[(first + i * Stride) % _keys.Length], AnyValue());
        return batch;
    }

    private byte[] AnyKey() => _keys[Random.Shared.Next(_keys.Length)];

    private byte[] AnyValue() => _values[Random.Shared.Next(_values.Length)];

    private static byte[] Key(int number) => Encoding.ASCII.GetBytes($"key-{number:d12}");

    private static byte[] Value(Random random, int bytes)
    {
        var value = new byte[bytes];
        random.NextBytes(value);
        return value;
    }
}
