using Google.Protobuf;
using Grpc.Core;
using TinyKv.Client;
using TinyKv.Client.Grpc;
using TinyKv.Protocol.Links;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>One stream by itself: what goes together, and what its end means for whom.</summary>
public sealed class RequestStreamTests : IAsyncLifetime
{
    private readonly FakeDuplex _store = new();
    private readonly TaskCompletionSource _pass = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestStream _stream;
    private TimeSpan _patience = TimeSpan.FromHours(1);
    private int _signsOfLife;
    private bool _lives = true;
    private bool _neverConnected;

    public RequestStreamTests() => _stream = Stream(TimeSpan.FromMinutes(1));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _store.Break(StatusCode.Cancelled);
        _pass.TrySetResult();
        await _stream.DisposeAsync();
    }

    [Fact]
    public async Task What_is_asked_while_a_message_is_on_its_way_goes_with_the_next()
    {
        await SendAsync(sent: 1, queued: 5);

        _pass.SetResult();

        Assert.Equal([2ul, 3, 4, 5, 6], Numbers(await _store.SentAsync()));
    }

    [Fact]
    public async Task Each_caller_gets_its_own_reply_whatever_their_order()
    {
        var calls = Send(3);
        await AllSentAsync(3);
        _store.Reply(3, 1);
        _store.Reply(2);

        for (var i = 0; i < 3; i++) Assert.Equal($"{i + 1}", await ErrorAsync(calls[i]));
    }

    [Fact]
    public async Task Of_a_stream_that_breaks_what_was_sent_may_be_done_and_what_waited_was_not()
    {
        var calls = await SendAsync(sent: 3, queued: 3);
        _store.Break(StatusCode.Unavailable);

        Assert.Equal([true, true, true, false, false, false], await MayBeDoneAsync(calls));
        Assert.False(_stream.TrySend(Call()));
        Assert.True(_stream.HasEnded);
    }

    [Fact]
    public async Task Of_a_stream_that_never_had_a_connection_nothing_was_done()
    {
        _neverConnected = true;
        var calls = await SendAsync(sent: 2, queued: 1);
        _store.Break(StatusCode.Unavailable);

        Assert.Equal([false, false, false], await MayBeDoneAsync(calls));
    }

    [Fact]
    public async Task A_store_that_ends_the_stream_by_itself_leaves_no_caller_behind()
    {
        var calls = await SendAsync(sent: 1, queued: 1);
        _store.End();

        Assert.Equal([true, false], await MayBeDoneAsync(calls));
    }

    [Fact]
    public async Task A_store_that_does_not_know_the_call_has_done_nothing_of_it()
    {
        var calls = await SendAsync(sent: 2, queued: 2);
        _store.Break(StatusCode.Unimplemented);

        foreach (var call in calls) Assert.Same(RequestStream.NoStreams, await call.Task.WaitAsync(Timeouts.Long));
    }

    [Fact]
    public async Task After_a_reply_the_same_status_is_a_stream_that_broke()
    {
        var calls = Send(2);
        await AllSentAsync(2);
        _store.Reply(1);
        await calls[0].Task.WaitAsync(Timeouts.Long);
        _store.Break(StatusCode.Unimplemented);

        Assert.Equal([true], await MayBeDoneAsync(calls[1..]));
    }

    [Fact]
    public async Task No_more_is_under_way_than_a_store_takes()
    {
        var calls = Send(Outbox.MaxInFlight + 10);
        await AllSentAsync(Outbox.MaxInFlight);
        Assert.False(_store.HasMore);

        _store.Reply(7, 8);

        await AllSentAsync(2);
        Assert.False(_store.HasMore);
        Assert.Equal("7", await ErrorAsync(calls[6]));
    }

    [Fact]
    public async Task A_message_keeps_to_its_bound_and_what_is_under_way_to_its_own()
    {
        const int Size = 200_000;
        var calls = Enumerable.Range(0, 60).Select(_ => Call(Size)).ToList();
        _store.Passable = _pass.Task;
        Assert.True(_stream.TrySend(calls[0]));
        await _store.SentAsync();
        foreach (var call in calls[1..]) Assert.True(_stream.TrySend(call));
        _pass.SetResult();

        var underWay = 1;
        while (underWay * Size < EnvelopeLimits.MaxBytesInFlight - EnvelopeLimits.MaxBytes)
        {
            var envelope = await _store.SentAsync();
            Assert.InRange(envelope.CalculateSize(), Size, EnvelopeLimits.MaxBytes);
            underWay += envelope.Requests.Count;
        }
        Assert.True(underWay < 60);
        Assert.False(_store.HasMore);
    }

    [Fact]
    public async Task Who_leaves_before_the_request_was_sent_leaves_nothing_to_send()
    {
        var calls = await SendAsync(sent: 1, queued: 2);
        _stream.Abandon(calls[1]);
        _pass.SetResult();

        var envelope = await _store.SentAsync();

        Assert.Equal([2ul], Numbers(envelope));
        Assert.Equal(2ul, calls[2].Number);
    }

    [Fact]
    public async Task Who_leaves_afterwards_has_the_store_told_and_a_reply_all_the_same_is_ignored()
    {
        var calls = Send(2);
        await AllSentAsync(2);
        _stream.Abandon(calls[0]);

        var cancel = Assert.Single((await _store.SentAsync()).Requests);
        Assert.Equal((1ul, NumberedRequest.RequestOneofCase.Cancel), (cancel.Number, cancel.RequestCase));
        _store.Reply(1, 1, 77);
        _store.Reply(2);
        Assert.Equal("2", await ErrorAsync(calls[1]));
        Assert.True(calls[0].Task.IsCanceled);
    }

    [Fact]
    public async Task A_store_that_says_it_is_closing_gets_nothing_more_and_answers_what_it_has()
    {
        var calls = await SendAsync(sent: 2, queued: 2);
        _store.Reply(new ReplyEnvelope { Closing = true });
        Assert.Equal([false, false], await MayBeDoneAsync(calls[2..]));
        Assert.False(_stream.TrySend(Call()));
        Assert.False(_stream.HasEnded);

        _pass.SetResult();
        await _store.Ended.Task.WaitAsync(Timeouts.Long);
        _store.Reply(1, 2);

        Assert.Equal(["1", "2"], [await ErrorAsync(calls[0]), await ErrorAsync(calls[1])]);
        Assert.False(_store.HasMore);
    }

    [Fact]
    public async Task Disposing_waits_for_what_is_under_way_and_drops_what_waits_for_its_turn()
    {
        var calls = await SendAsync(sent: 1, queued: 1);
        var disposing = _stream.DisposeAsync().AsTask();
        _pass.SetResult();
        await _store.Ended.Task.WaitAsync(Timeouts.Long);
        _store.Reply(1);
        _store.End();
        await disposing.WaitAsync(Timeouts.Long);

        Assert.Equal("1", await ErrorAsync(calls[0]));
        Assert.Equal([false], await MayBeDoneAsync(calls[1..]));
        Assert.True(_store.Disposed.Task.IsCompleted);
    }

    [Fact]
    public async Task Disposing_gives_up_a_store_that_does_not_answer()
    {
        var stream = Stream(TimeSpan.FromMilliseconds(1));
        var call = Call();
        Assert.True(stream.TrySend(call));
        await AllSentAsync(1);

        await stream.DisposeAsync();

        Assert.Equal([true], await MayBeDoneAsync([call]));
        Assert.True(_store.Disposed.Task.IsCompleted);
    }

    [Fact]
    public async Task A_store_that_is_silent_and_gives_no_sign_of_life_is_not_waited_for()
    {
        (_patience, _lives) = (TimeSpan.FromMilliseconds(1), false);
        await using var stream = Stream(TimeSpan.FromMinutes(1));
        PendingCall[] calls = [Call(), Call()];
        foreach (var call in calls) Assert.True(stream.TrySend(call));

        Assert.Equal([true, true], await MayBeDoneAsync(calls));
        _store.Break(StatusCode.Cancelled);
    }

    [Fact]
    public async Task A_store_that_is_silent_and_lives_is_asked_again_for_all_callers_at_once_and_waited_for()
    {
        _patience = TimeSpan.FromMilliseconds(1);
        await using var stream = Stream(TimeSpan.FromMinutes(1));
        var calls = Enumerable.Range(0, 100).Select(_ => Call()).ToArray();
        foreach (var call in calls) Assert.True(stream.TrySend(call));
        await AllSentAsync(100);
        await Eventually.Async(() => Task.FromResult(Volatile.Read(ref _signsOfLife) > 2 ? this : null));

        _store.Reply([.. calls.Select(call => call.Number)]);

        foreach (var call in calls) Assert.Equal($"{call.Number}", await ErrorAsync(call));
        _store.Break(StatusCode.Cancelled);
    }

    [Fact]
    public async Task A_stream_that_cannot_be_opened_fails_as_not_done()
    {
        await using var stream = new RequestStream(
            () => throw new ObjectDisposedException("channel"),
            e => new StoreCallException(e.Message, mayBeDone: true, e), Watch, TimeSpan.FromMinutes(1));
        var call = Call();
        Assert.True(stream.TrySend(call));

        Assert.Equal([false], await MayBeDoneAsync([call]));
    }

    private RequestStream Stream(TimeSpan grace) => new(
        () => _store.Call, e => new StoreCallException(e.Status.Detail, mayBeDone: !_neverConnected, e), Watch, grace);

    private SilenceWatch Watch(Outbox outbox) => new(
        outbox, _patience, () => Task.FromResult(_lives && Interlocked.Increment(ref _signsOfLife) > 0),
        () => new StoreCallException("silent", mayBeDone: true));

    /// <summary>Some requests that were sent, the last of them in a message that is on its way until <see cref="_pass"/>, and
    /// some that wait for the next.</summary>
    private async Task<PendingCall[]> SendAsync(int sent, int queued)
    {
        var before = Send(sent - 1);
        await AllSentAsync(sent - 1);
        _store.Passable = _pass.Task;
        var last = Send(1);
        await AllSentAsync(1);
        return [.. before, .. last, .. Send(queued)];
    }

    private PendingCall[] Send(int count)
    {
        var calls = Enumerable.Range(0, count).Select(_ => Call()).ToArray();
        foreach (var call in calls) Assert.True(_stream.TrySend(call));
        return calls;
    }

    /// <summary>Waits until exactly so many more requests were sent.</summary>
    private async Task AllSentAsync(int count)
    {
        var sent = 0;
        while (sent < count) sent += (await _store.SentAsync()).Requests.Count;
        Assert.Equal(count, sent);
    }

    private static async Task<List<bool>> MayBeDoneAsync(PendingCall[] calls)
    {
        var answers = new List<bool>();
        foreach (var call in calls)
        {
            var failure = await Assert.ThrowsAsync<StoreCallException>(() => call.Task.WaitAsync(Timeouts.Long));
            answers.Add(failure.MayBeDone);
        }
        return answers;
    }

    // The store puts the number into its answer.
    private static async Task<string> ErrorAsync(PendingCall call) =>
        ((WriteResponse)(await call.Task.WaitAsync(Timeouts.Long))).Error;

    private static IEnumerable<ulong> Numbers(RequestEnvelope envelope) => envelope.Requests.Select(request => request.Number);

    private static PendingCall Call(int bytes = 1) => new(NumberedRequest.Of(0, new PutRequest
    {
        Key = ByteString.CopyFromUtf8("k"),
        Value = ByteString.CopyFrom(new byte[bytes]),
    }));
}
