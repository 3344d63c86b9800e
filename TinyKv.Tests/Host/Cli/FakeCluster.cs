using System.Runtime.CompilerServices;
using Google.Protobuf;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Host.Cli;

/// <summary>A cluster in memory, whose writes a test may hold back or fail.</summary>
internal sealed class FakeCluster : ICluster, IRawClient, IClusterAdmin
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

    public IClusterAdmin Admin => this;

    public ListStoresResponse Stores { get; init; } = new();

    public Task<ListStoresResponse> ListStoresAsync(CancellationToken cancellation = default) => Task.FromResult(Stores);

    public Task<StoreDetail> RemoveStoreAsync(
        ulong store, IProgress<string>? left = null, CancellationToken cancellation = default)
    {
        left?.Report($"store {store} still has replicas");
        var removed = Stores.Stores.FirstOrDefault(each => each.StoreId == store)?.Clone()
            ?? throw new TinyKvInvalidRequestException($"there is no store {store} in the cluster");
        removed.Condition = "tombstone";
        return Task.FromResult(removed);
    }

    public Task<RegisterStoreResponse> RegisterStoreAsync(
        RegisterStoreRequest store, CancellationToken cancellation = default) => throw new NotSupportedException();

    public Task<StoreDetail> SetLabelsAsync(ulong store, IReadOnlyDictionary<string, string> labels, long ifRevision = 0,
        CancellationToken cancellation = default)
    {
        var found = Stores.Stores.FirstOrDefault(each => each.StoreId == store)
            ?? throw new TinyKvInvalidRequestException($"there is no store {store} in the cluster");
        foreach (var (name, value) in labels) found.Labels[name] = value;
        return Task.FromResult(found);
    }

    public List<(ulong Region, ulong Store)> Transfers { get; } = [];

    public Task<bool> TransferLeaderAsync(ulong region, ulong store, CancellationToken cancellation = default)
    {
        if (store > 3) throw new TinyKvInvalidRequestException($"store {store} has no replica of region {region}");
        Transfers.Add((region, store));
        return Task.FromResult(Transfers.Count == 1);
    }

    public List<(ulong Region, ulong Store, bool Added)> Changes { get; } = [];

    public Task AddPeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        ChangeAsync(region, store, added: true);

    public Task RemovePeerAsync(
        ulong region, ulong store, IProgress<string>? underWay = null, CancellationToken cancellation = default) =>
        ChangeAsync(region, store, added: false);

    public Task<SplitRegionResponse> SplitRegionAsync(
        ulong region, ReadOnlyMemory<byte> key, CancellationToken cancellation = default)
    {
        var at = ByteString.CopyFrom(key.Span);
        if (at == ByteString.CopyFromUtf8("m")) return Task.FromResult(new SplitRegionResponse { SplitAlready = true });
        Splits.Add((region, at.ToStringUtf8()));
        return Task.FromResult(new SplitRegionResponse { Left = new() { Id = region }, Right = new() { Id = 1001 } });
    }

    public List<(ulong Region, string Key)> Splits { get; } = [];

    private Task ChangeAsync(ulong region, ulong store, bool added)
    {
        if (added == store <= 3) throw new TinyKvInvalidRequestException($"store {store} has {(added ? "a" : "no")} replica");
        Changes.Add((region, store, added));
        return Task.CompletedTask;
    }

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

    public async Task<IReadOnlyList<byte[]?>> BatchGetAsync(IReadOnlyList<byte[]> keys,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        var values = new List<byte[]?>();
        foreach (var key in keys) values.Add(await GetAsync(key, family, cancellation));
        return values;
    }

    public async Task BatchPutAsync(IReadOnlyList<RawPair> pairs, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        foreach (var (key, value) in pairs) await PutAsync(key, value, family, cancellation);
    }

    public async Task BatchDeleteAsync(IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        foreach (var key in keys) await DeleteAsync(key, family, cancellation);
    }

    public Task DeleteRangeAsync(KeyRange range, ColumnFamily family = ColumnFamily.Default,
        CancellationToken cancellation = default)
    {
        lock (_lock)
            foreach (var key in _pairs.Keys.Where(key => range.Contains(key)).ToList()) _pairs.Remove(key);
        return Task.CompletedTask;
    }

    public Task<CompareAndSetResult> CompareAndSetAsync(ReadOnlyMemory<byte> key, byte[]? expected, byte[]? desired,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default)
    {
        lock (_lock)
        {
            var previous = _pairs.GetValueOrDefault(key.ToArray());
            var succeeded = expected is null == previous is null && expected.AsSpan().SequenceEqual(previous);
            if (succeeded && desired is null) _pairs.Remove(key.ToArray());
            if (succeeded && desired is not null) _pairs[key.ToArray()] = desired;
            return Task.FromResult(new CompareAndSetResult(succeeded, previous));
        }
    }

    public Task<CompareAndSetResult> PutIfAbsentAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value,
        ColumnFamily family = ColumnFamily.Default, CancellationToken cancellation = default) =>
        CompareAndSetAsync(key, null, value.ToArray(), family, cancellation);

    public async IAsyncEnumerable<RawPair> ScanAsync(
        RawScan scan, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        List<RawPair> found;
        lock (_lock)
        {
            var pairs = scan.Reverse ? _pairs.Reverse() : _pairs;
            found = [.. pairs.Where(pair => scan.Range.Contains(pair.Key))
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
