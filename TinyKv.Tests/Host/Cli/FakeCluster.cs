using System.Runtime.CompilerServices;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;

namespace TinyKv.Tests.Host.Cli;

/// <summary>A cluster in memory, whose writes a test may hold back or fail.</summary>
internal sealed class FakeCluster : ICluster, IRawClient
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<byte[], byte[]> _pairs =
        new(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    public TinyKvClientOptions? Options { get; private set; }

    public Func<byte[], byte[], CancellationToken, Task> BeforePut { get; init; } = (_, _, _) => Task.CompletedTask;

    public IReadOnlyList<StoreStatusOrError> Statuses { get; init; } = [];

    public Exception? ConnectError { get; init; }

    public List<(byte[] Key, byte[] Value)> Puts { get; } = [];

    public List<ColumnFamily> Families { get; } = [];

    public IRawClient Raw => this;

    public Task<ICluster> ConnectAsync(TinyKvClientOptions options, CancellationToken cancellation)
    {
        Options = options;
        return ConnectError is null ? Task.FromResult<ICluster>(this) : Task.FromException<ICluster>(ConnectError);
    }

    public Task<IReadOnlyList<StoreStatusOrError>> GetStoreStatusesAsync(CancellationToken cancellation) =>
        Task.FromResult(Statuses);

    public Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            Families.Add(family);
            return Task.FromResult(_pairs.GetValueOrDefault(key.ToArray()));
        }
    }

    public async Task PutAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        await BeforePut(key.ToArray(), value.ToArray(), cancellation);
        lock (_lock)
        {
            Families.Add(family);
            Puts.Add((key.ToArray(), value.ToArray()));
            _pairs[key.ToArray()] = value.ToArray();
        }
    }

    public Task DeleteAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        lock (_lock) _pairs.Remove(key.ToArray());
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<RawPair> ScanAsync(
        RawScan scan, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        List<RawPair> found;
        lock (_lock)
        {
            found = [.. _pairs.Where(pair => scan.Range.Contains(pair.Key))
                .Take((int)Math.Min(scan.Limit ?? int.MaxValue, int.MaxValue))
                .Select(pair => new RawPair(pair.Key, scan.KeysOnly ? [] : pair.Value))];
        }
        foreach (var pair in found)
        {
            await Task.Yield();
            yield return pair;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
