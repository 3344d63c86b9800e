using Google.Protobuf;
using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Wire.Kv;
using KvClient = TinyKv.Protocol.Wire.Store.TinyKv.TinyKvClient;
using Meta = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Server.Grpc;

public sealed class TinyKvProtocolServiceTests : ServedTests
{
    private KvClient Kv => new(Ports.Channel);

    public static TheoryData<string, int, int, string> BadKeysAndValues => new()
    {
        { "nosuch", 1, 1, "unknown column family 'nosuch'; there are default, lock, write" },
        { "meta", 1, 1, "unknown column family 'meta'" },
        { "", 0, 1, "the key is empty" },
        { "", Limits.MaxKeyBytes + 1, 1, "the key has 4097 bytes; at most 4096 are allowed" },
        { "", 1, Limits.MaxValueBytes + 1, "the value has 6291457 bytes; at most 6291456 are allowed" },
    };

    [Fact]
    public async Task A_value_is_read_back_until_it_is_deleted()
    {
        var key = Bytes("k");
        await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = key, Value = Bytes("v") });
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = key });
        Assert.Equal(Bytes("v"), read.Value);
        Assert.False(read.NotFound);

        await Kv.RawDeleteAsync(new RawDeleteRequest { Context = Context(), Key = key });
        read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = key });
        Assert.True(read.NotFound);
        Assert.Empty(read.Error);
        Assert.Null(read.RegionError);
    }

    [Fact]
    public async Task An_empty_value_is_found()
    {
        await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = Bytes("k") });
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = Bytes("k") });
        Assert.False(read.NotFound);
    }

    [Fact]
    public async Task The_empty_column_family_is_default_and_others_are_apart()
    {
        await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = Bytes("k"), Value = Bytes("v") });
        var same = await Kv.RawGetAsync(new() { Context = Context(), Key = Bytes("k"), Cf = "default" });
        var other = await Kv.RawGetAsync(new() { Context = Context(), Key = Bytes("k"), Cf = "lock" });
        Assert.Equal(Bytes("v"), same.Value);
        Assert.True(other.NotFound);
    }

    [Fact]
    public async Task The_longest_key_and_the_largest_value_are_stored()
    {
        var (key, value) = (Zeros(Limits.MaxKeyBytes), Zeros(Limits.MaxValueBytes));
        var put = await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = key, Value = value });
        Assert.Empty(put.Error);
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = key });
        Assert.Equal(Limits.MaxValueBytes, read.Value.Length);
    }

    [Theory]
    [MemberData(nameof(BadKeysAndValues))]
    public async Task Bad_input_is_named_in_the_reply_of_a_call_that_succeeds(
        string cf, int keyBytes, int valueBytes, string expected)
    {
        var (key, value) = (Zeros(keyBytes), Zeros(valueBytes));
        var put = await Kv.RawPutAsync(
            new RawPutRequest { Context = Context(), Key = key, Value = value, Cf = cf });
        Assert.StartsWith(expected, put.Error, StringComparison.Ordinal);
        if (valueBytes > 1) return;
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = key, Cf = cf });
        var delete = await Kv.RawDeleteAsync(new() { Context = Context(), Key = key, Cf = cf });
        Assert.Equal(put.Error, read.Error);
        Assert.Equal(put.Error, delete.Error);
        Assert.Null(Store.Data.LastContext);
    }

    [Fact]
    public async Task The_placement_group_takes_no_writes_from_clients()
    {
        foreach (var context in new Context?[] { null, new() { RegionId = 0 } })
        {
            var put = await Kv.RawPutAsync(new RawPutRequest { Context = context, Key = Bytes("k") });
            Assert.Equal("the request's context names no region", put.Error);
        }
        Assert.Null(Store.Data.LastContext);
    }

    [Fact]
    public async Task The_context_reaches_the_storage_as_it_was_sent()
    {
        await Kv.RawPutAsync(new RawPutRequest { Context = Context(term: 9), Key = Bytes("k") });
        Assert.Equal(new(RegionId.First, RegionEpoch.Initial, new Peer(new PeerId(11), new StoreId(1)), 9),
            Store.Data.LastContext);
        var sparse = new Context { RegionId = 5, Term = ulong.MaxValue };
        await Kv.RawPutAsync(new RawPutRequest { Context = sparse, Key = Bytes("k") });
        Assert.Equal(new(new RegionId(5), null, null, long.MaxValue - 1), Store.Data.LastContext);
    }

    [Fact]
    public async Task A_refusal_travels_in_region_error()
    {
        var leader = new Peer(new PeerId(12), new StoreId(2));
        Store.Data.Refusal = new RegionError.NotLeader(RegionId.First, leader);
        var put = await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = Bytes("k") });
        var delete = await Kv.RawDeleteAsync(new RawDeleteRequest { Context = Context(), Key = Bytes("k") });
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = Bytes("k") });
        var scan = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 1 });
        Assert.All([put.RegionError, delete.RegionError, read.RegionError, scan.RegionError],
            error => Assert.Equal(2UL, error.NotLeader.Leader.StoreId));
    }

    [Fact]
    public async Task A_read_outside_the_region_is_refused()
    {
        Store.Data.Region = Store.Data.Region with { Range = new KeyRange("b"u8.ToArray(), "d"u8.ToArray()) };
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = Bytes("a") });
        var scan = await Kv.RawScanAsync(new() { Context = Context(), StartKey = Bytes("d"), Limit = 1 });
        Assert.Equal(Bytes("a"), read.RegionError.KeyNotInRegion.Key);
        Assert.Equal(Bytes("b"), scan.RegionError.KeyNotInRegion.StartKey);
        Assert.Equal(0, Store.Data.OpenReaders);
    }

    [Fact]
    public async Task A_scan_returns_pairs_in_order_up_to_the_limit()
    {
        foreach (var key in new[] { "c", "a", "d", "b" })
            await Kv.RawPutAsync(new() { Context = Context(), Key = Bytes(key), Value = Bytes(key + key) });
        var scan = await Kv.RawScanAsync(
            new RawScanRequest { Context = Context(), StartKey = Bytes("b"), Limit = 2 });
        Assert.Equal(["b=bb", "c=cc"],
            scan.Kvs.Select(pair => $"{pair.Key.ToStringUtf8()}={pair.Value.ToStringUtf8()}"));
        Assert.Equal(0, Store.Data.OpenReaders);
    }

    [Theory]
    [InlineData(0u, "the limit is 0")]
    [InlineData(Limits.MaxScanLimit + 1u, "the limit is 10241; at most 10240")]
    [InlineData(uint.MaxValue, "the limit is 4294967295; at most 10240")]
    public async Task A_scan_with_a_bad_limit_is_an_error(uint limit, string expected)
    {
        var scan = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = limit });
        Assert.StartsWith(expected, scan.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_from_an_overlong_key_is_an_error_but_not_from_the_longest_keys_successor()
    {
        var successor = await Kv.RawScanAsync(new RawScanRequest
        {
            Context = Context(),
            Limit = 1,
            StartKey = Zeros(Limits.MaxKeyBytes + 1),
        });
        var overlong = await Kv.RawScanAsync(new RawScanRequest
        {
            Context = Context(),
            Limit = 1,
            StartKey = Zeros(Limits.MaxKeyBytes + 2),
        });
        Assert.Empty(successor.Error);
        Assert.StartsWith("the start key has 4098 bytes", overlong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scan_that_does_not_fit_into_a_reply_is_an_error_that_says_what_would_fit()
    {
        foreach (var key in new[] { "a", "b", "c" })
        {
            await Kv.RawPutAsync(
                new() { Context = Context(), Key = Bytes(key), Value = Zeros(Limits.MaxReplyBytes * 2 / 5) });
        }
        var tooMany = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 3 });
        var fitting = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 2 });
        Assert.EndsWith("ask for 2 or fewer", tooMany.Error, StringComparison.Ordinal);
        Assert.Empty(tooMany.Kvs);
        Assert.Equal(2, fitting.Kvs.Count);
    }

    [Fact]
    public async Task One_pair_fits_into_a_reply_whatever_its_size()
    {
        await Kv.RawPutAsync(new() { Context = Context(), Key = Bytes("a"), Value = Zeros(Limits.MaxValueBytes) });
        var scan = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 2 });
        Assert.Single(scan.Kvs);
    }

    [Fact]
    public async Task Scans_beyond_the_slots_wait_for_their_turn_and_not_for_ever()
    {
        var slots = FakeStore.MaxScans;
        var hold = new TaskCompletionSource();
        Store.Data.Ready = hold.Task;
        var scans = Enumerable.Range(0, slots + 1).Select(_ => ScanAsync()).ToList();

        var refused = await Task.WhenAny(scans).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("too many scans are running", (await refused).RegionError.ServerIsBusy.Reason);
        scans.Remove(refused);
        scans.Add(ScanAsync());
        hold.SetResult();

        Assert.All(await Task.WhenAll(scans), scan => Assert.Null(scan.RegionError));
        Assert.Equal(slots, Store.Data.MaxReaders);

        Task<RawScanResponse> ScanAsync() =>
            Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 1 }).ResponseAsync;
    }

    [Fact]
    public async Task Calls_beyond_what_the_gateway_takes_are_refused_with_a_hint()
    {
        var hold = new TaskCompletionSource();
        Store.Data.Ready = hold.Task;
        var gets = Enumerable.Range(0, FakeStore.MaxRequests + 1).Select(_ => GetAsync()).ToList();

        var refused = await Task.WhenAny(gets).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True((await refused).RegionError.ServerIsBusy.BackoffMs > 0);
        gets.Remove(refused);
        hold.SetResult();

        Assert.All(await Task.WhenAll(gets), get => Assert.Null(get.RegionError));

        Task<RawGetResponse> GetAsync() =>
            Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = Bytes("k") }).ResponseAsync;
    }

    [Fact]
    public async Task A_store_whose_files_are_damaged_has_its_clients_ask_another()
    {
        Store.Data.Failure = new StorageFailedException("the engine is damaged");
        var read = await Kv.RawGetAsync(new RawGetRequest { Context = Context(), Key = Bytes("k") });
        var scan = await Kv.RawScanAsync(new RawScanRequest { Context = Context(), Limit = 1 });
        var written = await Assert.ThrowsAsync<RpcException>(async () =>
            await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = Bytes("k") }));
        Assert.NotNull(read.RegionError.NotLeader);
        Assert.NotNull(scan.RegionError.NotLeader);
        Assert.Equal(StatusCode.Unavailable, written.StatusCode);
    }

    [Fact]
    public async Task A_failure_of_the_store_is_an_internal_error_without_its_details()
    {
        Store.Data.Failure = new InvalidOperationException("secret");
        var failure = await Assert.ThrowsAsync<RpcException>(async () =>
            await Kv.RawPutAsync(new RawPutRequest { Context = Context(), Key = Bytes("k") }));
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.DoesNotContain("secret", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_is_not_served_says_so_by_name()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await Kv.KvGetAsync(new()));
        Assert.Equal(StatusCode.Unimplemented, failure.StatusCode);
        Assert.Equal("/tinykvpb.TinyKv/KvGet is not supported by this version", failure.Status.Detail);
    }

    [Fact]
    public async Task A_message_over_16_MiB_is_refused_before_it_is_read()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await Kv.RawPutAsync(
            new RawPutRequest { Context = Context(), Key = Bytes("k"), Value = Zeros(17 * 1024 * 1024) }));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    internal static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    internal static ByteString Zeros(int count) => UnsafeByteOperations.UnsafeWrap(new byte[count]);

    internal static Context Context(ulong term = 0) => new()
    {
        RegionId = 1,
        RegionEpoch = new Meta.RegionEpoch { ConfVer = 1, Version = 1 },
        Peer = new Meta.Peer { Id = 11, StoreId = 1 },
        Term = term,
    };
}
