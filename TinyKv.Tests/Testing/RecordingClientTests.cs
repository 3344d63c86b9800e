using System.Text;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Testing;
using TinyKv.Testing.Linearizability;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Testing;

public sealed class RecordingClientTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly History _history = new();
    private readonly OneKey _store = new();

    [Fact]
    public async Task What_a_correct_store_answers_is_linearizable()
    {
        var client = new RecordingClient(_store, _history);

        await client.PutAsync(Bytes("a"), Bytes("1"));
        await client.GetAsync(Bytes("a"));
        await client.CompareAndSetAsync(Bytes("a"), Bytes("1"), Bytes("2"));
        await client.CompareAndSetAsync(Bytes("a"), Bytes("1"), Bytes("3"));
        await client.PutIfAbsentAsync(Bytes("a"), Bytes("4"));
        await client.BatchGetAsync([Bytes("a")]);
        await client.DeleteAsync(Bytes("a"));
        await client.PutIfAbsentAsync(Bytes("a"), Bytes("5"));
        await client.BatchPutAsync([new RawPair(Bytes("a"), Bytes("6")), new RawPair(Bytes("a"), Bytes("7"))]);
        await client.GetAsync(Bytes("a"));
        await client.BatchDeleteAsync([Bytes("a")]);
        await client.GetAsync(Bytes("a"));

        Assert.Empty(_history.Check(Limit));
        Assert.Equal(12, _history["a"].Count);
    }

    [Fact]
    public async Task A_stale_read_is_told_with_the_values_as_they_are_written()
    {
        var client = new RecordingClient(_store, _history);
        await client.PutAsync(Bytes("a key"), Bytes("old"));
        await client.PutAsync(Bytes("a key"), Bytes("new"));
        _store.Value = Bytes("old");

        await client.GetAsync(Bytes("a key"));

        var anomaly = Assert.Single(_history.Check(Limit));
        Assert.StartsWith("key a\\x20key: no order of these 3 calls (of 3) explains the answers, from nothing on:", anomaly,
            StringComparison.Ordinal);
        Assert.Contains("put old → done", anomaly, StringComparison.Ordinal);
        Assert.Contains("get → old", anomaly, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_of_unknown_outcome_may_have_been_done_or_not(bool isDone)
    {
        var client = new RecordingClient(_store, _history);
        await client.PutAsync(Bytes("a"), Bytes("1"));
        _store.Failure = new TinyKvUndeterminedException("no answer");
        _store.IsDone = isDone;
        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.PutAsync(Bytes("a"), Bytes("2")));
        _store.Failure = null;

        Assert.Equal(isDone ? "2" : "1", Encoding.UTF8.GetString((await client.GetAsync(Bytes("a")))!));

        Assert.Empty(_history.Check(Limit));
        Assert.Contains(_history["a"], operation => operation.IsOpen);
    }

    [Fact]
    public async Task A_write_that_was_refused_and_is_there_all_the_same_is_an_anomaly()
    {
        var client = new RecordingClient(_store, _history);
        _store.Failure = new TinyKvUnavailableException("nobody leads");
        _store.IsDone = true;
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => client.PutAsync(Bytes("a"), Bytes("1")));
        _store.Failure = null;

        await client.GetAsync(Bytes("a"));

        Assert.Single(_history.Check(Limit));
    }

    // What was seen of a value that two have written proves nothing about either of them.
    [Fact]
    public async Task A_value_that_is_written_twice_proves_neither_write()
    {
        var client = new RecordingClient(_store, _history);
        _store.Failure = new TinyKvUndeterminedException("no answer");
        _store.IsDone = false;
        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => client.PutAsync(Bytes("a"), Bytes("same")));
        _store.Failure = null;
        await client.PutAsync(Bytes("a"), Bytes("same"));
        await client.GetAsync(Bytes("a"));
        await client.DeleteAsync(Bytes("a"));
        await client.PutAsync(Bytes("a"), Bytes("other"));

        // Only now.
        _store.Value = Bytes("same");
        await client.GetAsync(Bytes("a"));

        Assert.Empty(_history.Check(Limit));
    }

    [Fact]
    public async Task Keys_of_two_column_families_are_two()
    {
        var client = new RecordingClient(_store, _history);
        await client.PutAsync(Bytes("a"), Bytes("1"));
        await client.PutAsync(Bytes("a"), Bytes("2"), ColumnFamily.Write);

        Assert.Equal(["a", "a in Write"], _history.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_deletion_of_a_range_is_refused_before_it_is_done() =>
        await Assert.ThrowsAsync<NotSupportedException>(
            () => new RecordingClient(_store, _history).DeleteRangeAsync(KeyRange.All));

    [Fact]
    [Trait("lane", "slow")]
    public async Task What_clients_saw_while_a_leader_was_killed_is_linearizable()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        var clients = Enumerable.Range(0, 4).Select(client => WriteAndReadAsync(cluster.Raw, client)).ToList();

        await cluster.KillStoreAsync((await cluster.LeaderAsync(Timeouts.Long)).Id);
        await Task.WhenAll(clients);

        Assert.Empty(_history.Check(Limit));
        Assert.True(_history["greeting"].Count(operation => !operation.IsOpen) > 100);
    }

    private async Task WriteAndReadAsync(IRawClient raw, int client)
    {
        var recorded = new RecordingClient(raw, _history);
        for (var i = 0; i < 50; i++)
        {
            try
            {
                await recorded.PutAsync(Bytes("greeting"), Bytes($"hello {i} of {client}"));
                await recorded.GetAsync(Bytes("greeting"));
            }
            catch (TinyKvUndeterminedException)
            {
                // It may have been done, or be done later: the history knows.
            }
        }
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A store that holds one value, whatever the key, and fails as it is told.</summary>
    private sealed class OneKey : IRawClient
    {
        public byte[]? Value { get; set; }

        public Exception? Failure { get; set; }

        /// <summary>Whether a write that fails is done.</summary>
        public bool IsDone { get; set; }

        public Task<byte[]?> GetAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            Task.FromResult(Value);

        public Task PutAsync(
            ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            WriteAsync(value.ToArray());

        public Task DeleteAsync(ReadOnlyMemory<byte> key, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            WriteAsync(null);

        public Task<IReadOnlyList<byte[]?>> BatchGetAsync(
            IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            Task.FromResult<IReadOnlyList<byte[]?>>([.. keys.Select(_ => Value)]);

        public Task BatchPutAsync(
            IReadOnlyList<RawPair> pairs, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) => WriteAsync(pairs[^1].Value);

        public Task BatchDeleteAsync(
            IReadOnlyList<byte[]> keys, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) => WriteAsync(null);

        public Task DeleteRangeAsync(KeyRange range, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            throw new InvalidOperationException("it was not refused");

        public Task<CompareAndSetResult> CompareAndSetAsync(ReadOnlyMemory<byte> key, byte[]? expected, byte[]? desired,
            ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default)
        {
            var previous = Value;
            var matches = expected is null ? previous is null : previous is not null && expected.AsSpan().SequenceEqual(previous);
            if (matches) Value = desired;
            return Task.FromResult(new CompareAndSetResult(matches, previous));
        }

        public Task<CompareAndSetResult> PutIfAbsentAsync(
            ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, ColumnFamily family = ColumnFamily.Default,
            CancellationToken cancellation = default) =>
            CompareAndSetAsync(key, null, value.ToArray(), family, cancellation);

        public IAsyncEnumerable<RawPair> ScanAsync(RawScan scan, CancellationToken cancellation = default) =>
            throw new InvalidOperationException("no test scans");

        private Task WriteAsync(byte[]? value)
        {
            if (Failure is null || IsDone) Value = value;
            return Failure is null ? Task.CompletedTask : Task.FromException(Failure);
        }
    }
}
