using System.Text;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>What <see cref="IRawClient"/> promises, against real stores, over whatever a client connects by.</summary>
public abstract class RawClientSpec : IAsyncLifetime
{
    private TinyKvCluster _cluster = null!;
    private TinyKvClient _client = null!;

    protected TinyKvCluster Cluster => _cluster;

    private IRawClient Raw => _client.Raw;

    protected abstract TinyKvClientOptions OptionsFor(ClusterStore store);

    public async Task InitializeAsync()
    {
        _cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        _client = await TinyKvClient.ConnectAsync(OptionsFor(_cluster[1]), Timeouts.Long);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_set_read_and_removed()
    {
        Assert.Null(await Raw.GetAsync(Bytes("k")));
        await Raw.PutAsync(Bytes("k"), Bytes("v"));
        Assert.Equal("v", Text(await Raw.GetAsync(Bytes("k"))));
        Assert.Null(await Raw.GetAsync(Bytes("k"), ColumnFamily.Write));
        await Raw.DeleteAsync(Bytes("k"));
        await Raw.DeleteAsync(Bytes("k"));
        Assert.Null(await Raw.GetAsync(Bytes("k")));
    }

    [Fact]
    public async Task An_empty_value_is_a_value()
    {
        await Raw.PutAsync(Bytes("k"), default);
        Assert.Empty((await Raw.GetAsync(Bytes("k")))!);
        Assert.Equal([[], null], await Raw.BatchGetAsync([Bytes("k"), Bytes("x")]));
        Assert.Equal(new CompareAndSetResult(false, []), await Raw.PutIfAbsentAsync(Bytes("k"), Bytes("v")), Alike);
        Assert.True((await Raw.CompareAndSetAsync(Bytes("k"), [], Bytes("v"))).Succeeded);
    }

    [Fact]
    public async Task A_batch_is_set_read_and_removed()
    {
        await Raw.BatchPutAsync([Pair("a", "1"), Pair("b", "2"), Pair("a", "3")]);
        Assert.Equal(["2", null, "3"], (await Raw.BatchGetAsync([Bytes("b"), Bytes("x"), Bytes("a")])).Select(Text));
        await Raw.BatchDeleteAsync([Bytes("a"), Bytes("x")]);
        Assert.Equal("b", await ScanAsync(new RawScan()));
    }

    [Fact]
    public async Task A_range_is_removed_up_to_its_end_and_nothing_else()
    {
        await FillAsync("a", "b", "c", "d");
        await Raw.DeleteRangeAsync(new KeyRange(Bytes("b"), Bytes("d")));
        Assert.Equal("a d", await ScanAsync(new RawScan()));
        await Raw.DeleteRangeAsync(new KeyRange(Bytes("d"), Bytes("d")));
        await Raw.DeleteRangeAsync(new KeyRange(Bytes("z"), Bytes("a")));
        Assert.Equal("a d", await ScanAsync(new RawScan()));
        await Raw.DeleteRangeAsync(KeyRange.All);
        Assert.Equal("", await ScanAsync(new RawScan()));
    }

    [Fact]
    public async Task A_condition_decides_and_what_was_there_is_told()
    {
        Assert.Equal(new CompareAndSetResult(true, null), await Raw.PutIfAbsentAsync(Bytes("k"), Bytes("1")));
        Assert.Equal(
            new CompareAndSetResult(false, Bytes("1")), await Raw.PutIfAbsentAsync(Bytes("k"), Bytes("2")), Alike);
        Assert.False((await Raw.CompareAndSetAsync(Bytes("k"), Bytes("2"), Bytes("3"))).Succeeded);
        Assert.False((await Raw.CompareAndSetAsync(Bytes("k"), null, Bytes("3"))).Succeeded);
        Assert.Equal(
            new CompareAndSetResult(true, Bytes("1")),
            await Raw.CompareAndSetAsync(Bytes("k"), Bytes("1"), Bytes("3")), Alike);
        Assert.True((await Raw.CompareAndSetAsync(Bytes("k"), Bytes("3"), null)).Succeeded);
        Assert.Null(await Raw.GetAsync(Bytes("k")));
    }

    [Theory]
    [InlineData(null, null, null, false, "a b c d e f g")]
    [InlineData("b", "f", null, false, "b c d e")]
    [InlineData("b", null, 3L, false, "b c d")]
    [InlineData("c", "c", null, false, "")]
    [InlineData(null, null, null, true, "g f e d c b a")]
    [InlineData("b", "f", null, true, "e d c b")]
    [InlineData("b", null, 2L, true, "g f")]
    [InlineData("c", "c", null, true, "")]
    public async Task A_scan_goes_in_both_directions(
        string? start, string? end, long? limit, bool reverse, string expected)
    {
        await FillAsync("a", "b", "c", "d", "e", "f", "g");
        var range = new KeyRange(Bytes(start ?? ""), Bytes(end ?? ""));
        Assert.Equal(expected, await ScanAsync(new RawScan { Range = range, Limit = limit, Reverse = reverse }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_scan_continues_over_full_pages(bool reverse)
    {
        // Of these, three fit into one page.
        var value = new byte[Limits.MaxReplyBytes / 3 - 2_000];
        string[] names = ["a", "b", "c", "d", "e", "f", "g"];
        foreach (var name in names) await Raw.PutAsync(Bytes(name), value);

        var expected = string.Join(' ', reverse ? names.Reverse() : names);
        Assert.Equal(expected, await ScanAsync(new RawScan { Reverse = reverse }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_scan_continues_over_more_pairs_than_one_request_may_ask_for(bool reverse)
    {
        const int Count = Limits.MaxScanLimit + 5;
        var pairs = Enumerable.Range(0, Count).Select(i => Pair($"{i:d6}", "")).ToArray();
        foreach (var batch in pairs.Chunk(Limits.MaxBatchCount)) await Raw.BatchPutAsync(batch);

        var keys = (await ScanAsync(new RawScan { Reverse = reverse, KeysOnly = true })).Split(' ');

        Assert.Equal(pairs.Select(pair => Text(pair.Key)), reverse ? keys.Reverse() : keys);
    }

    [Fact]
    public async Task The_largest_requests_pass()
    {
        var half = new byte[Limits.MaxEntryBytes / 2 - 100];
        var value = new byte[Limits.MaxValueBytes];
        await Raw.PutAsync(new byte[Limits.MaxKeyBytes], value);
        Assert.Equal(value.Length, (await Raw.GetAsync(new byte[Limits.MaxKeyBytes]))!.Length);
        await Raw.BatchPutAsync([new RawPair(Bytes("a"), half), new RawPair(Bytes("b"), half)]);
        var quarter = half[..(Limits.MaxReplyBytes / 4)];
        await Raw.BatchPutAsync([.. "cdef".Select(key => new RawPair(Bytes($"{key}"), quarter[..^20]))]);
        var quarters = await Raw.BatchGetAsync([.. "cdef".Select(key => Bytes($"{key}"))]);
        Assert.Equal(4 * (quarter.Length - 20), quarters.Sum(each => each!.Length));
        Assert.True((await Raw.CompareAndSetAsync(Bytes("a"), half, half)).Succeeded);
        Assert.All(
            await Raw.BatchGetAsync([.. Enumerable.Range(0, 2000).Select(_ => LongKey())]), Assert.Null);
    }

    [Fact]
    public async Task What_can_never_succeed_is_refused_by_name()
    {
        await RefusedAsync("the key is empty", () => Raw.PutIfAbsentAsync(default, Bytes("v")));
        await RefusedAsync("4 KiB", () => Raw.BatchDeleteAsync([new byte[Limits.MaxKeyBytes + 1]]));
        await RefusedAsync("6 MiB", () => Raw.CompareAndSetAsync(Bytes("k"), new byte[Limits.MaxValueBytes + 1], null));
        await RefusedAsync("the batch is empty", () => Raw.BatchPutAsync([]));
        await RefusedAsync("the limit is 10240", () => Raw.BatchGetAsync(
            [.. Enumerable.Repeat(Bytes("k"), Limits.MaxBatchCount + 1)]));
        await RefusedAsync("8 MiB", () => Raw.BatchGetAsync([.. Enumerable.Range(0, 3000).Select(_ => LongKey())]));
        var half = new byte[Limits.MaxEntryBytes / 2];
        // The client lets it pass; the store counts what the log adds.
        await RefusedAsync("in the log", () => Raw.BatchPutAsync(
            [new RawPair(Bytes("a"), half), new RawPair(Bytes("b"), half[..^2])]));
        await Raw.PutAsync(Bytes("k"), new byte[Limits.MaxValueBytes]);
        await RefusedAsync("or fewer at once", () => Raw.BatchGetAsync([Bytes("k"), Bytes("k")]));
    }

    [Fact]
    public async Task Increments_of_many_callers_are_neither_lost_nor_done_twice()
    {
        const int Callers = 8, Each = 10;
        await Raw.PutAsync(Bytes("n"), Bytes("0"));

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                CompareAndSetResult result;
                do
                {
                    var now = await Raw.GetAsync(Bytes("n"));
                    result = await Raw.CompareAndSetAsync(Bytes("n"), now, Bytes($"{int.Parse(Text(now)!) + 1}"));
                }
                while (!result.Succeeded);
            }
        }));

        Assert.Equal($"{Callers * Each}", Text(await Raw.GetAsync(Bytes("n"))));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_ends()
    {
        _cluster.PauseDisk(1);
        using var cancel = new CancellationTokenSource();
        var write = Raw.PutAsync(Bytes("k"), Bytes("v"), cancellation: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write);
    }

    [Fact]
    public async Task A_write_that_waits_for_the_disk_at_the_deadline_is_undetermined_and_a_read_unavailable()
    {
        await using var hasty = await TinyKvClient.ConnectAsync(
            OptionsFor(_cluster[1]) with { Timeout = TimeSpan.FromSeconds(2) }, Timeouts.Long);
        _cluster.PauseDisk(1);
        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => hasty.Raw.PutAsync(Bytes("k"), Bytes("v")));
        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => hasty.Raw.PutIfAbsentAsync(Bytes("k"), Bytes("v")));

        await _cluster.KillStoreAsync(1);
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => hasty.Raw.GetAsync(Bytes("k")));
    }

    [Fact]
    public async Task What_is_sent_to_a_store_that_is_gone_was_not_done_and_waits_for_its_return()
    {
        await Raw.PutAsync(Bytes("k"), Bytes("1"));
        await using var hasty = await TinyKvClient.ConnectAsync(
            OptionsFor(_cluster[1]) with { Timeout = TimeSpan.FromSeconds(3) }, Timeouts.Long);
        await hasty.Raw.GetAsync(Bytes("k"));
        await _cluster.KillStoreAsync(1);

        // From the first failure on it is known that the connection is gone.
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => hasty.Raw.GetAsync(Bytes("k")));
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => hasty.Raw.PutAsync(Bytes("k"), Bytes("2")));
        var read = Raw.GetAsync(Bytes("k"));
        await _cluster.StartStoreAsync(1, Timeouts.Long);

        Assert.Equal("1", Text(await read));
    }

    [Fact]
    public async Task When_the_leader_dies_reads_and_writes_continue_with_the_next()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await using var client = await TinyKvClient.ConnectAsync(OptionsFor(cluster[1]), Timeouts.Long);
        await client.Raw.PutAsync(Bytes("k"), Bytes("1"));

        await cluster.KillStoreAsync((await cluster.LeaderAsync(Timeouts.Long)).Id);

        Assert.Equal("1", Text(await client.Raw.GetAsync(Bytes("k"))));
        await client.Raw.PutAsync(Bytes("k"), Bytes("2"));
        Assert.Equal("2", Text(await client.Raw.GetAsync(Bytes("k"))));
        Assert.Single(await client.GetStoreStatusesAsync(), status => status.Error is not null);
    }

    [Fact]
    public async Task Every_store_tells_its_status()
    {
        var status = Assert.Single(await _client.GetStoreStatusesAsync());
        Assert.Equal(1ul, status.StoreId);
        Assert.Equal(_client.ClusterId, status.Status!.ClusterId);
    }

    [Fact]
    public async Task Connecting_to_nobody_names_the_endpoint()
    {
        var options = OptionsFor(_cluster[1]) with { Endpoints = ["127.0.0.1:1"], Timeout = TimeSpan.FromSeconds(1) };
        var failure = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => TinyKvClient.ConnectAsync(options, Timeouts.Long));
        Assert.Contains("127.0.0.1:1", failure.Message, StringComparison.Ordinal);
        await RefusedAsync("expected HOST:PORT", () => TinyKvClient.ConnectAsync(options with { Endpoints = ["x"] }));
    }

    private Task FillAsync(params string[] keys) => Raw.BatchPutAsync([.. keys.Select(key => Pair(key, key))]);

    private async Task<string> ScanAsync(RawScan scan)
    {
        var keys = new List<string>();
        await foreach (var pair in Raw.ScanAsync(scan)) keys.Add(Text(pair.Key)!);
        return string.Join(' ', keys);
    }

    private static async Task RefusedAsync(string reason, Func<Task> request)
    {
        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(request);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private static bool Alike(CompareAndSetResult a, CompareAndSetResult b) =>
        a.Succeeded == b.Succeeded && a.Previous.AsSpan().SequenceEqual(b.Previous);

    private static byte[] LongKey() => [.. new byte[Limits.MaxKeyBytes - 1], 1];

    private static RawPair Pair(string key, string value) => new(Bytes(key), Bytes(value));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}

/// <summary>Over gRPC, by a stream to each store.</summary>
[Trait("lane", "slow")]
public sealed class StreamClientTests : RawClientSpec
{
    protected override TinyKvClientOptions OptionsFor(ClusterStore store) => new() { Endpoints = [store.Endpoint] };
}

/// <summary>Over gRPC, by a call for each request.</summary>
[Trait("lane", "slow")]
public sealed class SingleCallClientTests : RawClientSpec
{
    protected override TinyKvClientOptions OptionsFor(ClusterStore store) =>
        new() { Endpoints = [store.Endpoint], UseStreams = false };
}
