using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Google.Protobuf;
using Grpc.Core;
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

    [Fact]
    public async Task Each_request_of_a_message_is_answered_under_its_number()
    {
        await PutAsync("a", "b");
        IRoutedRequest[] requests =
        [
            new PutRequest { Key = Bytes("c"), Value = Bytes("c") }, new GetRequest { Key = Bytes("a") },
            new GetRequest { Key = Bytes("b") }, new ScanRequest { EndKey = Bytes("c"), Limit = 9 }, Cas("a", "x", "y"),
            new PutRequest { Key = Bytes("a"), Cf = "nosuch" },
            new GetRequest { Key = Bytes("a"), Context = For(region: 1, store: 7) },
        ];

        var replies = await AskManyAsync(requests);

        Assert.Equal("", replies[1].Write.Error);
        Assert.Equal(["a", "b"], new[] { replies[2], replies[3] }.Select(reply => reply.Get.Value.Value.ToStringUtf8()));
        Assert.Equal(["a", "b"], replies[4].Scan.Pairs.Select(pair => pair.Key.ToStringUtf8()));
        Assert.Equal((false, "a"), (replies[5].CompareAndSet.Succeeded, replies[5].CompareAndSet.Previous.Value.ToStringUtf8()));
        Assert.StartsWith("unknown column family", replies[6].Write.Error, StringComparison.Ordinal);
        Assert.Equal(7ul, replies[7].Get.RegionError.StoreNotMatch.RequestStoreId);
    }

    [Fact]
    public async Task Replies_that_one_message_does_not_hold_come_in_several()
    {
        await AskAsync(new PutRequest { Key = Bytes("a"), Value = Zeros(600_000) });

        var replies = await AskManyAsync([.. Enumerable.Repeat(new GetRequest { Key = Bytes("a") }, 5)]);

        Assert.All(replies.Values, reply => Assert.Equal(600_000, reply.Get.Value.Value.Length));
    }

    [Fact]
    public async Task A_message_without_requests_is_answered_with_one_without_replies() =>
        Assert.Empty((await _gateway.Ask<ReplyEnvelope>(new RequestEnvelope(), Limit)).Replies);

    [Theory]
    [InlineData(1)]
    [InlineData(EnvelopeLimits.MaxRequests + 1)]
    public async Task A_message_that_asks_for_it_is_acknowledged_before_it_is_answered(int requests)
    {
        var envelope = new RequestEnvelope { Acknowledge = true };
        for (var i = 1ul; i <= (ulong)requests; i++)
            envelope.Requests.Add(NumberedRequest.Of(i, new GetRequest { Key = Bytes("a") }));
        using var inbox = Inbox.Create(_outside.Actors);

        inbox.Send(_gateway, envelope);

        Assert.Empty(Assert.IsType<ReplyEnvelope>(await inbox.ReceiveAsync(Limit)).Replies);
        Assert.NotEmpty(Assert.IsType<ReplyEnvelope>(await inbox.ReceiveAsync(Limit)).Replies);
    }

    [Fact]
    public async Task Of_a_message_with_too_many_requests_none_is_done()
    {
        var envelope = new RequestEnvelope();
        for (var i = 0ul; i <= EnvelopeLimits.MaxRequests; i++)
            envelope.Requests.Add(NumberedRequest.Of(i, new PutRequest { Key = Bytes("a") }));

        var replies = (await _gateway.Ask<ReplyEnvelope>(envelope, Limit)).Replies;

        Assert.Equal(EnvelopeLimits.MaxRequests, replies.Count);
        Assert.All(replies, reply => Assert.Equal((uint)StatusCode.ResourceExhausted, reply.Failure.Code));
        Assert.False((await AskAsync(new GetRequest { Key = Bytes("a") })).Value.Found);
    }

    [Fact]
    public async Task A_request_of_a_kind_that_is_not_known_is_refused_and_the_others_are_done()
    {
        var envelope = new RequestEnvelope { Requests = { new NumberedRequest { Number = 1 } } };

        var replies = await AskManyAsync(envelope, 1);

        Assert.Equal((uint)StatusCode.Unimplemented, replies[1].Failure.Code);
    }

    private Task<Dictionary<ulong, NumberedReply>> AskManyAsync(params IRoutedRequest[] requests)
    {
        var envelope = new RequestEnvelope();
        envelope.Requests.AddRange(requests.Select((request, i) => NumberedRequest.Of((ulong)i + 1, request)));
        return AskManyAsync(envelope, requests.Length);
    }

    private async Task<Dictionary<ulong, NumberedReply>> AskManyAsync(RequestEnvelope envelope, int count)
    {
        using var inbox = Inbox.Create(_outside.Actors);
        inbox.Send(_gateway, envelope);
        var replies = new Dictionary<ulong, NumberedReply>();
        while (replies.Count < count)
        {
            var next = Assert.IsType<ReplyEnvelope>(await inbox.ReceiveAsync(Limit));
            Assert.True(next.Replies.Count == 1 || next.CalculateSize() <= EnvelopeLimits.MaxBytes);
            foreach (var reply in next.Replies) replies.Add(reply.Number, reply);
        }
        return replies;
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
