using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Google.Protobuf;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;
using Context = TinyKv.Protocol.Wire.Kv.Context;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>The gateway of a real store, asked from another actor system.</summary>
[Trait("lane", "slow")]
public sealed class GatewayTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TestCluster _cluster = new(1);
    private readonly OutsideSystem _outside = OutsideSystem.Friendly();
    private IActorRef _gateway = ActorRefs.Nobody;

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync();
        await _cluster.LeaderAsync();
        _gateway = _outside.Gateway(_cluster[1]);
    }

    public async Task DisposeAsync()
    {
        await _outside.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Single_keys_are_written_read_and_deleted()
    {
        Assert.False((await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Found);
        await AskAsync(new PutRequest { Key = Bytes("a"), Value = Bytes("1") });
        Assert.Equal(Bytes("1"), (await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Value);
        Assert.False((await AskAsync(new GetRequest { Key = Bytes("a"), Cf = "lock" })).Value.Found);
        await AskAsync(new DeleteRequest { Key = Bytes("a") });
        Assert.False((await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Found);
    }

    [Fact]
    public async Task Batches_and_ranges_are_written_read_and_deleted()
    {
        await PutAsync("a", "b", "c", "d");
        var batch = await AskAsync(new BatchGetRequest { Keys = { Bytes("c"), Bytes("x"), Bytes("a") } });
        Assert.Equal(["c", "", "a"], batch.Values.Select(value => value.Value.ToStringUtf8()));
        Assert.Equal([true, false, true], batch.Values.Select(value => value.Found));

        await AskAsync(new BatchDeleteRequest { Keys = { Bytes("a"), Bytes("x") } });
        await AskAsync(new DeleteRangeRequest { StartKey = Bytes("b"), EndKey = Bytes("d") });

        Assert.Equal(["d"], await ScanAsync(new ScanRequest { Limit = 10 }));
        await AskAsync(new DeleteRangeRequest());
        Assert.Empty(await ScanAsync(new ScanRequest { Limit = 10 }));
    }

    [Fact]
    public async Task A_scan_goes_in_both_directions()
    {
        await PutAsync("a", "b", "c", "d");
        Assert.Equal(["b", "c"], await ScanAsync(new ScanRequest { StartKey = Bytes("b"), EndKey = Bytes("d"), Limit = 9 }));
        Assert.Equal(["c", "b"], await ScanAsync(
            new ScanRequest { StartKey = Bytes("b"), EndKey = Bytes("d"), Limit = 9, Reverse = true }));
        Assert.Equal(["d", "c"], await ScanAsync(new ScanRequest { Limit = 2, Reverse = true }));
    }

    [Fact]
    public async Task Conditions_decide_and_tell_what_was_there()
    {
        var first = await AskAsync(new PutIfAbsentRequest { Key = Bytes("a"), Value = Bytes("1") });
        var second = await AskAsync(new PutIfAbsentRequest { Key = Bytes("a"), Value = Bytes("2") });
        Assert.Equal((true, false), (first.Succeeded, first.Previous.Found));
        Assert.Equal((false, "1"), (second.Succeeded, second.Previous.Value.ToStringUtf8()));

        var wrong = await AskAsync(Cas("a", "2", "3"));
        var right = await AskAsync(Cas("a", "1", "3"));
        var removed = await AskAsync(Cas("a", "3", null));
        Assert.Equal((false, "1"), (wrong.Succeeded, wrong.Previous.Value.ToStringUtf8()));
        Assert.Equal((true, "1"), (right.Succeeded, right.Previous.Value.ToStringUtf8()));
        Assert.True(removed.Succeeded);
        Assert.True((await AskAsync(Cas("a", null, "4"))).Succeeded);
    }

    [Fact]
    public async Task The_status_of_the_store_is_told()
    {
        var status = await _gateway.Ask<StoreStatusResponse>(new StoreStatusRequest(), Limit);
        Assert.Equal(1ul, status.StoreId);
        Assert.Equal(2, status.Peers.Count);
    }

    [Fact]
    public async Task What_is_wrong_with_a_request_is_named_and_nothing_is_done()
    {
        var reply = await _gateway.Ask<WriteResponse>(new PutRequest { Key = Bytes("a"), Cf = "nosuch" }, Limit);
        Assert.StartsWith("unknown column family 'nosuch'", reply.Error, StringComparison.Ordinal);
        var huge = await _gateway.Ask<WriteResponse>(
            new PutRequest { Key = Bytes("a"), Value = Zeros(Limits.MaxValueBytes + 1) }, Limit);
        Assert.StartsWith("the value has 6291457 bytes", huge.Error, StringComparison.Ordinal);
        Assert.False((await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Found);
    }

    [Fact]
    public async Task The_largest_value_goes_there_and_back()
    {
        await AskAsync(new PutRequest { Key = Bytes("a"), Value = Zeros(Limits.MaxValueBytes) });
        Assert.Equal(Limits.MaxValueBytes, (await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Value.Length);
    }

    [Fact]
    public async Task A_request_with_a_context_is_checked_as_the_tinykv_protocol_does()
    {
        var reply = await _gateway.Ask<GetResponse>(
            new GetRequest { Key = Bytes("a"), Context = For(region: 9, store: 1) }, Limit);
        Assert.Equal(9ul, reply.RegionError.RegionNotFound.RegionId);
        reply = await _gateway.Ask<GetResponse>(
            new GetRequest { Key = Bytes("a"), Context = For(region: 1, store: 7) }, Limit);
        Assert.Equal(7ul, reply.RegionError.StoreNotMatch.RequestStoreId);
    }

    [Fact]
    public async Task A_program_that_does_not_know_the_leader_asks_through_ClusterClient()
    {
        var contact = ActorPath.Parse($"akka.tcp://tinykv@{_cluster[1].Settings.Self.Remoting}/system/receptionist");
        var client = _outside.Actors.ActorOf(ClusterClient.Props(
            ClusterClientSettings.Create(_outside.Actors).WithInitialContacts([contact])));

        await client.Ask<WriteResponse>(new ClusterClient.Send(
            "/user/gateway", new PutRequest { Key = Bytes("a"), Value = Bytes("1") }, localAffinity: true), Limit);
        var read = await client.Ask<GetResponse>(new ClusterClient.Send(
            "/user/gateway", new GetRequest { Key = Bytes("a") }, localAffinity: true), Limit);

        Assert.Equal(Bytes("1"), read.Value.Value);
    }

    private async Task<TReply> AskAsync<TReply>(IRawRequest<TReply> request) where TReply : class, IRawReply, new()
    {
        var reply = await _gateway.Ask<TReply>(request, Limit);
        Assert.Empty(reply.Error);
        Assert.Null(reply.RegionError);
        return reply;
    }

    private Task<WriteResponse> PutAsync(params string[] keys) => AskAsync(new BatchPutRequest
    {
        Pairs = { keys.Select(key => new Pair { Key = Bytes(key), Value = Bytes(key) }) },
    });

    private async Task<IEnumerable<string>> ScanAsync(ScanRequest request) =>
        (await AskAsync(request)).Pairs.Select(pair => pair.Key.ToStringUtf8());

    private static CompareAndSetRequest Cas(string key, string? expected, string? desired) =>
        new() { Key = Bytes(key), Expected = Maybe(expected), Desired = Maybe(desired) };

    private static Context For(ulong region, ulong store) =>
        new() { RegionId = region, Peer = new() { Id = store, StoreId = store } };

    private static MaybeValue Maybe(string? value) =>
        value is null ? new MaybeValue() : new MaybeValue { Found = true, Value = Bytes(value) };

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private static ByteString Zeros(int count) => UnsafeByteOperations.UnsafeWrap(new byte[count]);
}
