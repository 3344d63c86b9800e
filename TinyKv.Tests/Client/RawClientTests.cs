using System.Text;
using Grpc.Core;
using TinyKv.Client;
using TinyKv.Core.Keys;

namespace TinyKv.Tests.Client;

/// <summary>Reads, writes, scans and the checks before them, against stores in good health.</summary>
public sealed class RawClientTests : IAsyncLifetime
{
    private FakeCluster _cluster = null!;
    private TinyKvClient _client = null!;

    public async Task InitializeAsync()
    {
        _cluster = await FakeCluster.StartAsync(2);
        _client = await _cluster.ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_value_is_read_back_until_it_is_deleted()
    {
        byte[] key = [1, 2], value = [];
        Assert.Null(await _client.Raw.GetAsync(key));
        await _client.Raw.PutAsync(key, value);
        Assert.Equal(value, await _client.Raw.GetAsync(key));
        await _client.Raw.DeleteAsync(key);
        Assert.Null(await _client.Raw.GetAsync(key));
    }

    [Theory]
    [InlineData(null, null, null, "a b c d e f g")]
    [InlineData("b", "f", null, "b c d e")]
    [InlineData("b", null, 3L, "b c d")]
    [InlineData(null, null, 1L, "a")]
    [InlineData("c", "c", null, "")]
    [InlineData("x", null, null, "")]
    public async Task A_scan_crosses_pages_and_regions(
        string? start, string? end, long? limit, string expected)
    {
        Fill("a", "b", "c", "d", "e", "f", "g");
        _cluster.Split("d");
        var scan = new RawScan { Range = new KeyRange(Bytes(start), Bytes(end)), Limit = limit };

        var pairs = new List<RawPair>();
        await foreach (var pair in _client.Raw.ScanAsync(scan)) pairs.Add(pair);

        Assert.Equal(expected, string.Join(' ', pairs.Select(pair => Encoding.UTF8.GetString(pair.Key))));
        Assert.All(pairs, pair => Assert.Equal(pair.Key, pair.Value));
    }

    [Fact]
    public async Task A_scan_of_keys_brings_no_values()
    {
        Fill("a");
        await foreach (var pair in _client.Raw.ScanAsync(new RawScan { KeysOnly = true }))
            Assert.Empty(pair.Value);
        Assert.Equal(1, _cluster.Count("scan"));
    }

    [Fact]
    public async Task A_request_beyond_a_limit_is_not_sent()
    {
        var longKey = new byte[Limits.MaxKeyBytes + 1];
        await RefusedAsync("empty", () => _client.Raw.GetAsync(default));
        await RefusedAsync("4 KiB", () => _client.Raw.DeleteAsync(longKey));
        var longValue = new byte[Limits.MaxValueBytes + 1];
        await RefusedAsync("6 MiB", () => _client.Raw.PutAsync(new byte[1], longValue));
        await RefusedAsync("Meta", () => _client.Raw.GetAsync(new byte[1], ColumnFamily.Meta));
        RefusedScan("limit", new RawScan { Limit = 0 });
        RefusedScan("4 KiB", new RawScan { Range = new KeyRange(default, longKey) });
        Assert.Empty(_cluster.Calls);
    }

    [Fact]
    public async Task The_largest_value_passes()
    {
        var key = new byte[Limits.MaxKeyBytes];
        var value = new byte[Limits.MaxValueBytes];
        // The fake store takes 4 MiB only, gRPC's default: ask for what is in it instead.
        lock (_cluster.Data) _cluster.Data[Encoding.UTF8.GetString(key)] = value;

        Assert.Equal(value.Length, (await _client.Raw.GetAsync(key))!.Length);
    }

    [Fact]
    public async Task What_the_store_calls_invalid_is_not_repeated()
    {
        _cluster.Intercept = (_, _, _) =>
            throw new RpcException(new Status(StatusCode.InvalidArgument, "no such family"));

        await RefusedAsync("no such family", () => _client.Raw.PutAsync(new byte[1], new byte[1]));
        Assert.Equal(1, _cluster.Count("put"));
    }

    [Fact]
    public async Task The_status_of_a_dead_store_is_its_error()
    {
        await _cluster.Store(2).KillAsync();

        var statuses = await _client.GetStoreStatusesAsync();

        Assert.Equal([1ul, 2ul], statuses.Select(status => status.StoreId));
        Assert.Equal(1ul, statuses[0].Status!.StoreId);
        Assert.Null(statuses[1].Status);
        Assert.NotEmpty(statuses[1].Error!);
    }

    [Fact]
    public async Task Connecting_to_nobody_names_the_endpoints()
    {
        await _cluster.Store(1).KillAsync();
        await _cluster.Store(2).KillAsync();

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => _cluster.ConnectAsync(options => options with { Timeout = TimeSpan.FromSeconds(1) }));
        Assert.Contains(_cluster.Store(1).Address, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("http://127.0.0.1:20160")]
    [InlineData("127.0.0.1:20160/path")]
    [InlineData("localhost")]
    [InlineData("two words:1")]
    public async Task An_endpoint_that_is_not_host_and_port_is_refused(string endpoint) =>
        await RefusedAsync("expected HOST:PORT", () => TinyKvClient.ConnectAsync(new() { Endpoints = [endpoint] }));

    private void Fill(params string[] keys)
    {
        lock (_cluster.Data)
            foreach (var key in keys) _cluster.Data[key] = Bytes(key);
    }

    private static byte[] Bytes(string? text) => Encoding.UTF8.GetBytes(text ?? "");

    private static async Task RefusedAsync(string reason, Func<Task> request)
    {
        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(request);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private void RefusedScan(string reason, RawScan scan)
    {
        var error = Assert.Throws<TinyKvInvalidRequestException>(() => _client.Raw.ScanAsync(scan));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }
}
