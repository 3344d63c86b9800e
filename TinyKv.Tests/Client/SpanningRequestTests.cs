using System.Text;
using Grpc.Core;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Errors;

namespace TinyKv.Tests.Client;

/// <summary>Requests for keys of several regions: what the client makes of them.</summary>
public sealed class SpanningRequestTests : IAsyncLifetime
{
    private static readonly string[] Keys = ["z", "a", "m", "d", "b", "y"];
    private static readonly Error Stale = RegionErrors.ToWire(new RegionError.StaleCommand());

    private FakeCluster _cluster = null!;

    public async Task InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync(3);
        _cluster.Split("d", "m");
        (_cluster.Leaders[2], _cluster.Leaders[3]) = (2, 3);
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_batch_is_done_in_each_region_and_read_in_the_order_of_its_keys()
    {
        await using var client = await _cluster.ConnectAsync();
        await PutAsync(client);

        Assert.Equal([.. Keys, "z", null], await GetAsync(client, [.. Keys, "z", "x"]));
        await client.Raw.BatchDeleteAsync([.. Keys[1..].Select(Bytes)]);

        Assert.Equal(["z"], _cluster.Data.Keys);
        Assert.All(new[] { "batch-put", "batch-get", "batch-delete" }, request => Assert.Equal(
            "1 2 3", string.Join(' ', _cluster.Calls.Where(call => call.Request == request).Select(call => call.Store).Order())));
    }

    [Fact]
    public async Task A_batch_for_one_region_stays_whole()
    {
        await using var client = await _cluster.ConnectAsync();
        await client.Raw.BatchPutAsync([.. "def".Select(key => new RawPair(Bytes($"{key}"), []))]);
        Assert.Equal((2ul, "batch-put"), Assert.Single(_cluster.Calls));
    }

    [Theory]
    [InlineData("b", "n", "a n z", 3)]
    [InlineData("d", "m", "a b c m n z", 1)]
    [InlineData("", "", "", 3)]
    [InlineData("e", "", "a b c d", 2)]
    [InlineData("z", "a", "a b c d l m n z", 1)]
    public async Task A_range_is_removed_from_each_region(string start, string end, string left, int parts)
    {
        foreach (var key in "abcdlmnz") _cluster.Data[$"{key}"] = [];
        await using var client = await _cluster.ConnectAsync();

        await client.Raw.DeleteRangeAsync(new KeyRange(Bytes(start), Bytes(end)));

        Assert.Equal(left, string.Join(' ', _cluster.Data.Keys));
        Assert.Equal(parts, _cluster.Count("delete-range"));
    }

    [Fact]
    public async Task What_was_split_meanwhile_is_cut_again()
    {
        await using var client = await _cluster.ConnectAsync();
        await PutAsync(client);
        _cluster.Split("b", "d", "f", "m", "y");

        await PutAsync(client);

        Assert.Equal(Keys, await GetAsync(client, Keys));
        Assert.Equal(Keys.Order(), _cluster.Data.Keys);
    }

    [Fact]
    public async Task A_region_that_denies_a_key_is_looked_up_again()
    {
        await using var client = await _cluster.ConnectAsync();
        var denied = 0;
        _cluster.Intercept = (store, _, _) => Task.FromResult(store.Id != 2 || denied++ > 0 ? null : RegionErrors.ToWire(
            new RegionError.KeyNotInRegion(Bytes("d"), _cluster.RegionOf(Bytes("d")))));

        await PutAsync(client);

        Assert.Equal(Keys.Order(), _cluster.Data.Keys);
        Assert.Equal(4, _cluster.Count("batch-put"));
    }

    [Fact]
    public async Task Parts_are_on_their_way_at_the_same_time()
    {
        await using var client = await _cluster.ConnectAsync();
        // What is not known yet is looked up first.
        await PutAsync(client);
        var (underWay, all) = (0, new TaskCompletionSource());
        _cluster.Intercept = async (_, _, cancellation) =>
        {
            if (Interlocked.Increment(ref underWay) == 3) all.SetResult();
            await all.Task.WaitAsync(cancellation);
            return null;
        };

        Assert.Equal(Keys, await GetAsync(client, Keys));
    }

    [Fact]
    public async Task A_write_that_is_done_in_one_region_and_in_another_not_is_undetermined()
    {
        await using var client = await HastyAsync();
        _cluster.Leaders.TryRemove(3, out _);

        var error = await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => PutAsync(client));

        Assert.Contains("some of them may have been written, 2 of 3 parts for sure", error.Message, StringComparison.Ordinal);
        Assert.Contains("has none now", error.Message, StringComparison.Ordinal);
        Assert.Equal(["a", "b", "d"], _cluster.Data.Keys);
    }

    [Fact]
    public async Task A_write_that_is_done_in_no_region_is_unavailable()
    {
        await using var client = await HastyAsync();
        _cluster.Leaders.Clear();

        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => PutAsync(client));
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => client.Raw.DeleteRangeAsync(KeyRange.All));
    }

    [Fact]
    public async Task A_read_that_one_region_does_not_serve_is_unavailable()
    {
        await using var client = await HastyAsync();
        _cluster.Leaders.TryRemove(3, out _);
        await Assert.ThrowsAsync<TinyKvUnavailableException>(() => GetAsync(client, Keys));
    }

    [Fact]
    public async Task A_write_whose_outcome_is_unknown_in_one_region_is_so_as_a_whole_and_that_part_is_not_repeated()
    {
        await using var client = await _cluster.ConnectAsync();
        _cluster.Intercept = (store, _, _) => Task.FromResult(store.Id == 3 ? Stale : null);

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(() => PutAsync(client));
        Assert.Equal(1, _cluster.Calls.Count(call => call == (3, "batch-put")));
    }

    [Fact]
    public async Task A_part_whose_outcome_is_unknown_is_repeated_where_the_user_allows_it()
    {
        await using var client = await _cluster.ConnectAsync(options => options with { RetryUndeterminedWrites = true });
        var failed = false;
        _cluster.Intercept = (store, _, _) =>
        {
            if (failed || store.Id != 3) return Task.FromResult<Error?>(null);
            failed = true;
            throw new RpcException(new Status(StatusCode.Internal, "an accident"));
        };

        await PutAsync(client);

        Assert.Equal(Keys.Order(), _cluster.Data.Keys);
        Assert.Equal(2, _cluster.Calls.Count(call => call == (3, "batch-put")));
    }

    [Fact]
    public async Task What_may_be_done_before_the_region_is_split_is_not_forgotten_by_the_parts()
    {
        await using var client = await _cluster.ConnectAsync(
            options => options with { RetryUndeterminedWrites = true, Timeout = TimeSpan.FromSeconds(2) });
        _cluster.Intercept = (_, _, _) =>
        {
            if (_cluster.Regions.Length > 3) return Task.FromResult<Error?>(null);
            _cluster.Split("b", "d", "m");
            _cluster.Leaders.Clear();
            return Task.FromResult<Error?>(Stale);
        };

        await Assert.ThrowsAsync<TinyKvUndeterminedException>(
            () => client.Raw.BatchDeleteAsync([Bytes("a"), Bytes("b")]));
    }

    [Fact]
    public async Task A_call_in_parts_ends_when_it_is_cancelled()
    {
        await using var client = await _cluster.ConnectAsync();
        using var cancel = new CancellationTokenSource();
        _cluster.Intercept = async (store, _, cancellation) =>
        {
            if (store.Id != 3) return null;
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellation);
            return null;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Raw.BatchPutAsync(
            [.. Keys.Select(key => new RawPair(Bytes(key), []))], cancellation: cancel.Token));
    }

    // The regions are known before one of them loses its leader.
    private async Task<TinyKvClient> HastyAsync()
    {
        var client = await _cluster.ConnectAsync(options => options with { Timeout = TimeSpan.FromSeconds(2) });
        await client.Raw.BatchDeleteAsync([.. Keys.Select(Bytes)]);
        return client;
    }

    private static Task PutAsync(TinyKvClient client) =>
        client.Raw.BatchPutAsync([.. Keys.Select(key => new RawPair(Bytes(key), Bytes(key)))]);

    private static async Task<List<string?>> GetAsync(TinyKvClient client, params string[] keys) =>
        [.. (await client.Raw.BatchGetAsync([.. keys.Select(Bytes)])).Select(
            value => value is null ? null : Encoding.UTF8.GetString(value))];

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
