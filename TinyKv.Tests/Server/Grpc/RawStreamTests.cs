using Grpc.Core;
using TinyKv.Core.Keys;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;
using static TinyKv.Tests.Server.Grpc.TinyKvProtocolServiceTests;
using Call = Grpc.Core.AsyncDuplexStreamingCall<
    TinyKv.Protocol.Wire.Raw.V1.RequestEnvelope, TinyKv.Protocol.Wire.Raw.V1.ReplyEnvelope>;

namespace TinyKv.Tests.Server.Grpc;

public sealed class RawStreamTests : ServedTests
{
    private Raw.RawClient Raw => new(Ports.Channel);

    [Fact]
    public async Task Requests_of_every_kind_share_a_message_and_each_gets_its_reply()
    {
        using var call = Raw.Stream();
        await SendAsync(call, new PutRequest { Key = Bytes("a"), Value = Bytes("1") });
        Assert.IsType<WriteResponse>((await ReadAsync(call, 1))[0].Inner);
        await SendAsync(call,
            new GetRequest { Key = Bytes("a") }, new BatchGetRequest { Keys = { Bytes("a"), Bytes("x") } },
            new ScanRequest { Limit = 9 }, new PutIfAbsentRequest { Key = Bytes("a") }, new DeleteRequest { Key = Bytes("b") },
            new GetRequest());
        var replies = await ReadAsync(call, 6);
        Assert.Equal(Bytes("1"), replies[0].Get.Value.Value);
        Assert.Equal([true, false], replies[1].BatchGet.Values.Select(value => value.Found));
        Assert.Equal(Bytes("a"), Assert.Single(replies[2].Scan.Pairs).Key);
        Assert.Equal((false, Bytes("1")), (replies[3].CompareAndSet.Succeeded, replies[3].CompareAndSet.Previous.Value));
        Assert.Null(replies[4].Write.RegionError);
        Assert.Equal("the key is empty", replies[5].Get.Error);
        await AssertEndsAsync(call);
    }

    [Fact]
    public async Task One_slow_scan_holds_up_nobody_on_its_stream()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Data.Ready = ready.Task;
        using var call = Raw.Stream();
        await SendAsync(call, new ScanRequest { Limit = 9 });
        await call.RequestStream.WriteAsync(Envelope(NumberedRequest.Of(7, new PutRequest { Key = Bytes("k") })));
        Assert.Equal(7ul, (await NextAsync(call)).Number);
        ready.SetResult();
        Assert.Equal(0ul, (await NextAsync(call)).Number);
        await AssertEndsAsync(call);
    }

    [Fact]
    public async Task What_is_under_way_when_the_client_ends_its_side_is_answered()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Data.Ready = ready.Task;
        using var call = Raw.Stream();
        await SendAsync(call, new GetRequest { Key = Bytes("k") }, new ScanRequest { Limit = 1 });
        await call.RequestStream.CompleteAsync();
        await Eventually.True(() => Store.Data.OpenReaders == 2);
        ready.SetResult();
        Assert.Equal(2, (await ReadAsync(call, 2)).Count);
        await AssertEndsAsync(call);
    }

    [Fact]
    public async Task A_number_that_is_used_twice_ends_the_stream_and_says_which()
    {
        using var call = Raw.Stream();
        var request = NumberedRequest.Of(3, new GetRequest { Key = Bytes("k") });
        await call.RequestStream.WriteAsync(Envelope(request, request));
        var failure = await FailureAsync(call);
        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Contains("number 3", failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_1024_requests_in_a_message_end_the_stream()
    {
        using var call = Raw.Stream();
        var request = NumberedRequest.Of(3, new GetRequest { Key = Bytes("k") });
        await call.RequestStream.WriteAsync(new RequestEnvelope { Requests = { Enumerable.Repeat(request, 1025) } });
        var failure = await FailureAsync(call);
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Equal("a message holds more than 1024 requests", failure.Detail);
    }

    [Fact]
    public async Task A_request_larger_than_a_message_goes_in_one_of_its_own()
    {
        using var call = Raw.Stream();
        await SendAsync(call, new PutRequest { Key = Bytes("k"), Value = Zeros(Limits.MaxValueBytes) });
        await ReadAsync(call, 1);
        await SendAsync(call, new GetRequest { Key = Bytes("k") });
        Assert.Equal(Limits.MaxValueBytes, (await ReadAsync(call, 1))[0].Get.Value.Value.Length);
        await AssertEndsAsync(call);
    }

    [Fact]
    public async Task What_the_store_has_no_room_for_is_refused_with_a_hint_and_the_rest_is_done()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Data.Ready = ready.Task;
        using var call = Raw.Stream();
        await SendAsync(call, [.. Enumerable.Repeat(new GetRequest { Key = Bytes("k") }, 10 * FakeStore.MaxRequests)]);
        var refused = await ReadAsync(call, 9 * FakeStore.MaxRequests, inOrder: false);
        Assert.All(refused, reply => Assert.True(reply.Get.RegionError.ServerIsBusy.BackoffMs > 0));
        ready.SetResult();
        var done = await ReadAsync(call, FakeStore.MaxRequests, inOrder: false);
        Assert.All(done, reply => Assert.Null(reply.Get.RegionError));
        await AssertEndsAsync(call);
    }

    [Fact]
    public async Task A_client_that_goes_ends_its_scans_and_gives_back_what_was_counted()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Store.Data.Ready = ready.Task;
        using (var call = Raw.Stream())
        {
            await SendAsync(call, [new ScanRequest { Limit = 9 },
                .. Enumerable.Repeat(new GetRequest { Key = Bytes("k") }, FakeStore.MaxRequests - 1)]);
            await Eventually.True(() => Store.Data.OpenReaders == FakeStore.MaxRequests);
        }
        // The scan ends; the others are not waited for, and end when the replica answers.
        await Eventually.True(() => Store.Data.OpenReaders == FakeStore.MaxRequests - 1);
        ready.SetResult();
        // What a reader held is given back a moment after it has ended.
        await Eventually.Async(async () =>
        {
            using var next = Raw.Stream();
            await SendAsync(next, [.. Enumerable.Repeat(new GetRequest { Key = Bytes("k") }, FakeStore.MaxRequests)]);
            var replies = await ReadAsync(next, FakeStore.MaxRequests);
            return replies.TrueForAll(reply => reply.Get.RegionError is null) ? replies : null;
        });
    }

    [Fact]
    public async Task A_store_that_stops_says_so_answers_what_is_under_way_and_does_nothing_more()
    {
        await using var ports = await ServedPorts.StartAsync(shutdownTimeout: TimeSpan.FromMinutes(10));
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ports.Store.Data.Ready = ready.Task;
        using var call = new Raw.RawClient(ports.Channel).Stream();
        await SendAsync(call, new GetRequest { Key = Bytes("k") });
        await Eventually.True(() => ports.Store.Data.OpenReaders == 1);
        ports.Gate.Close();
        Assert.True(await call.ResponseStream.MoveNext(Timeouts.Long));
        Assert.True(call.ResponseStream.Current.Closing);
        await call.RequestStream.WriteAsync(Envelope(NumberedRequest.Of(7, new PutRequest { Key = Bytes("k") })));
        Assert.NotNull((await NextAsync(call)).Write.RegionError.NotLeader);
        await call.RequestStream.CompleteAsync();
        ready.SetResult();
        Assert.Null((await NextAsync(call)).Get.RegionError);
        Assert.False(await call.ResponseStream.MoveNext(Timeouts.Long));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_stop_is_not_held_up_by_an_idle_stream()
    {
        await using var ports = await ServedPorts.StartAsync(shutdownTimeout: TimeSpan.FromSeconds(1));
        using var call = new Raw.RawClient(ports.Channel).Stream();
        await SendAsync(call, new GetRequest { Key = Bytes("k") });
        await ReadAsync(call, 1);
        ports.Gate.Close();
        var stopping = ports.Grpc.StopAsync(TimeSpan.FromMinutes(5));
        var failure = await FailureAsync(call);
        Assert.Equal((StatusCode.Unavailable, "the store is stopping"), (failure.StatusCode, failure.Detail));
        await stopping.WaitAsync(Timeouts.Long);
    }

    [Fact]
    public async Task Requests_on_a_stream_that_opened_before_the_store_did_are_refused_and_not_lost()
    {
        await using var ports = await ServedPorts.StartAsync(open: false);
        using var call = new Raw.RawClient(ports.Channel).Stream();
        await SendAsync(call, new PutRequest { Key = Bytes("k") });
        Assert.NotNull((await ReadAsync(call, 1))[0].Write.RegionError.NotLeader);
        ports.Gate.Open(ports.Store);
        await SendAsync(call, new PutRequest { Key = Bytes("k") });
        Assert.Null((await ReadAsync(call, 1))[0].Write.RegionError);
        await AssertEndsAsync(call);
    }

    private static Task SendAsync(Call call, params IRoutedRequest[] requests) => call.RequestStream.WriteAsync(
        Envelope([.. requests.Select((request, number) => NumberedRequest.Of((ulong)number, request))]));

    private static RequestEnvelope Envelope(params NumberedRequest[] requests) => new() { Requests = { requests } };

    private static async Task<NumberedReply> NextAsync(Call call) => (await ReadAsync(call, 1))[0];

    private static async Task<List<NumberedReply>> ReadAsync(Call call, int count, bool inOrder = true)
    {
        var replies = new List<NumberedReply>();
        while (replies.Count < count)
        {
            Assert.True(await call.ResponseStream.MoveNext(Timeouts.Long));
            replies.AddRange(call.ResponseStream.Current.Replies);
        }
        Assert.Equal(count, replies.Count);
        return inOrder ? [.. replies.OrderBy(reply => reply.Number)] : replies;
    }

    private static async Task AssertEndsAsync(Call call)
    {
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Timeouts.Long));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static async Task<Status> FailureAsync(Call call) => (await Assert.ThrowsAsync<RpcException>(async () =>
    {
        while (await call.ResponseStream.MoveNext(Timeouts.Long)) { }
    })).Status;
}
