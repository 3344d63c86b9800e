using System.Diagnostics;
using System.Threading.Channels;
using CsCheck;
using Google.Protobuf;
using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Requests;

public sealed class EnvelopeSessionTests
{
    private readonly HeldGateway _gateway = new();
    private readonly UnreadBytes _unread = new(UnreadLimit.MaxBytes);
    private readonly Channel<ReplyEnvelope> _sent = Channel.CreateUnbounded<ReplyEnvelope>();
    private readonly EnvelopeSession _session;

    public EnvelopeSessionTests() => _session = new EnvelopeSession(() => _gateway, _unread);

    [Fact]
    public async Task Replies_come_when_they_are_ready_in_any_order()
    {
        var sending = SendAsync();
        Take(Get(1), Get(2));
        _gateway.Answer(1);
        Assert.Equal([1ul], await NextAsync());
        Take(Get(3));
        _gateway.Answer(3);
        Assert.Equal([3ul], await NextAsync());
        _gateway.Answer(2);
        Assert.Equal([2ul], await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task What_is_ready_while_a_message_is_on_its_way_goes_with_the_next()
    {
        var taken = new TaskCompletionSource();
        var sending = SendAsync(taken.Task);
        Take([.. Enumerable.Range(1, 9).Select(number => Get((ulong)number))]);
        _gateway.Answer(1);
        Assert.Equal([1ul], await NextAsync());
        for (var number = 2ul; number <= 9; number++) _gateway.Answer(number);
        taken.SetResult();
        Assert.Equal(Enumerable.Range(2, 8).Select(number => (ulong)number), await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task A_message_of_replies_is_not_larger_than_1_mib_unless_it_holds_one_only()
    {
        Take(Get(1), Get(2), Get(3), Get(4));
        _gateway.Answer(1, Value(700_000));
        _gateway.Answer(2, Value(700_000));
        _gateway.Answer(3, Value(3 * EnvelopeLimits.MaxBytes));
        _gateway.Answer(4);
        var sending = SendAsync();
        for (var number = 1ul; number <= 4; number++) Assert.Equal([number], await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task A_request_of_an_unknown_kind_is_refused_and_the_stream_continues()
    {
        var sending = SendAsync();
        Take(new NumberedRequest { Number = 1 });
        var failure = Assert.Single((await _sent.Reader.ReadAsync()).Replies);
        Assert.Equal((1ul, (uint)StatusCode.Unimplemented), (failure.Number, failure.Failure.Code));
        Take(Get(2));
        _gateway.Answer(2);
        Assert.Equal([2ul], await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task An_empty_message_is_answered_by_an_empty_one()
    {
        Take();
        Take();
        Take(Get(1));
        _gateway.Answer(1);
        var sending = SendAsync();
        Assert.Equal([1ul], await NextAsync());
        Assert.Empty(await NextAsync());
        Assert.Empty(await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public void A_number_that_is_used_again_before_its_reply_ends_the_stream()
    {
        Take(Get(1));
        var wrong = _session.Take(new RequestEnvelope { Requests = { Get(2), Get(1) } });
        Assert.Equal(StatusCode.InvalidArgument, wrong!.Value.StatusCode);
        Assert.Contains("the number 1 ", wrong.Value.Detail, StringComparison.Ordinal);
        Assert.Equal([1ul], _gateway.Numbers);
        _session.Abort();
        Assert.Equal(StatusCode.InvalidArgument, new EnvelopeSession(() => _gateway, _unread)
            .Take(new RequestEnvelope { Requests = { Get(7), Get(7) } })!.Value.StatusCode);
    }

    [Fact]
    public async Task A_number_may_be_used_again_after_its_reply()
    {
        var sending = SendAsync();
        for (var i = 0; i < 3; i++)
        {
            Take(Get(1));
            _gateway.Answer(1);
            Assert.Equal([1ul], await NextAsync());
        }
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task A_cancelled_request_is_answered_and_its_late_answer_dropped()
    {
        var sending = SendAsync();
        Take(Put(1), Get(2));
        var late = _gateway.Of(1);
        Take(Cancel(1), Cancel(77));
        Assert.NotNull(Assert.Single((await _sent.Reader.ReadAsync()).Replies).Write.RegionError.StaleCommand);
        late.Answer(new WriteResponse());
        _gateway.Answer(2);
        Assert.Equal([2ul], await NextAsync());
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task A_cancel_that_arrives_with_its_request_ends_it()
    {
        var sending = SendAsync();
        Take(Put(1), Cancel(1), Get(2));
        Assert.NotNull(Assert.Single((await _sent.Reader.ReadAsync()).Replies).Write.RegionError.StaleCommand);
        _gateway.Answer(2);
        Assert.Equal([2ul], await NextAsync());
        await CompleteAsync(sending);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(59_999, 59_999)]
    [InlineData(3_600_000, 60_000)]
    [InlineData(uint.MaxValue, 60_000)]
    public void A_caller_says_how_long_it_waits_up_to_a_minute(uint asked, int milliseconds)
    {
        var request = Get(1);
        request.TimeoutMs = asked;
        Take(request);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), _gateway.Of(1).Timeout);
    }

    [Fact]
    public void Each_request_belongs_to_its_own_trace()
    {
        var (traced, wrong) = (Get(1), Get(2));
        traced.Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        wrong.Traceparent = "00-nothing";
        Take(traced, wrong, Get(3));
        var trace = _gateway.Of(1).Trace;
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", trace.TraceId.ToHexString());
        Assert.Equal("b7ad6b7169203331", trace.SpanId.ToHexString());
        Assert.Equal(ActivityTraceFlags.Recorded, trace.TraceFlags);
        Assert.Equal(default, _gateway.Of(2).Trace);
        Assert.Equal(default, _gateway.Of(3).Trace);
    }

    [Fact]
    public async Task No_more_is_taken_while_1024_requests_are_under_way()
    {
        Take([.. Enumerable.Range(1, EnvelopeLimits.MaxInFlight).Select(number => Get((ulong)number))]);
        await AssertRoomAfterAsync(() => _gateway.Answer(500));
    }

    [Fact]
    public async Task No_more_is_taken_while_8_mib_are_under_way()
    {
        for (var number = 1ul; number <= 2; number++)
            Take(NumberedRequest.Of(number, new PutRequest { Value = Value(4 * 1024 * 1024).Value.Value }));
        await AssertRoomAfterAsync(() => _gateway.Answer(2));
    }

    [Fact]
    public async Task No_more_is_taken_while_4_mib_of_replies_are_not_sent()
    {
        for (var number = 1ul; number <= 9; number++)
        {
            Take(Get(number));
            _gateway.Answer(number, Value(512 * 1024));
        }
        await AssertRoomAfterAsync(() => _ = SendAsync());
    }

    [Fact]
    public async Task No_more_is_taken_with_replies_to_send_while_the_connection_has_no_room()
    {
        Take(Get(1));
        _gateway.Answer(1);
        _unread.TryAdd(UnreadLimit.MaxBytes, always: true);
        await AssertRoomAfterAsync(() => _ = SendAsync());
    }

    [Fact]
    public async Task A_reply_for_which_there_is_no_room_is_a_refusal_unless_it_must_be_told()
    {
        _unread.TryAdd(UnreadLimit.MaxBytes, always: true);
        Take(Get(1), Put(2), NumberedRequest.Of(3, new PutIfAbsentRequest()), NumberedRequest.Of(4, new PutIfAbsentRequest()));
        _gateway.Answer(1, Value(9));
        _gateway.Answer(2);
        _gateway.Answer(3, new CompareAndSetResponse { Succeeded = false, Previous = new MaybeValue() });
        _gateway.Answer(4, new CompareAndSetResponse { Succeeded = true, Previous = new MaybeValue() });
        var sending = SendAsync();
        var replies = (await _sent.Reader.ReadAsync()).Replies.ToDictionary(reply => reply.Number, reply => reply.Inner!);
        Assert.True(replies[1].RegionError!.ServerIsBusy.BackoffMs > 0);
        Assert.Null(replies[2].RegionError);
        Assert.True(replies[3].RegionError!.ServerIsBusy.BackoffMs > 0);
        Assert.True(((CompareAndSetResponse)replies[4]).Succeeded);
        await CompleteAsync(sending);
    }

    // Together they would be let in as the only ones that are unread.
    [Fact]
    public async Task Of_replies_that_are_ready_at_once_as_many_are_kept_as_there_is_room_for()
    {
        const int Count = 12;
        Take([.. Enumerable.Range(1, Count).Select(number => Get((ulong)number))]);
        _gateway.AnswerAll(_ => Value(6 * 1024 * 1024));
        var sending = SendAsync();
        var replies = new List<NumberedReply>();
        while (replies.Count < Count) replies.AddRange((await _sent.Reader.ReadAsync()).Replies);
        Assert.Equal(5, replies.Count(reply => reply.Get.RegionError is null));
        await CompleteAsync(sending);
    }

    [Fact]
    public async Task A_stream_that_ends_gives_back_what_was_counted_and_cancels_the_rest()
    {
        Take(Get(1), Get(2), Put(3));
        _gateway.Answer(1, Value(1_000_000));
        Assert.False(_unread.TryAdd(UnreadLimit.MaxBytes, always: false));
        var (second, third) = (_gateway.Of(2), _gateway.Of(3));
        _session.Abort();
        Assert.True(second.IsEnded && third.IsEnded);
        second.Answer(Value(9));
        Assert.True(_unread.TryAdd(UnreadLimit.MaxBytes, always: false));
        await SendAsync().WaitAsync(Timeouts.Long);
        Assert.False(_sent.Reader.TryRead(out _));
    }

    [Fact]
    public async Task A_message_that_cannot_be_sent_counts_no_longer()
    {
        Take(Get(1));
        _gateway.Answer(1, Value(1_000_000));
        await Assert.ThrowsAsync<IOException>(() =>
            _session.SendAsync((_, _) => Task.FromException(new IOException("gone")), default));
        _session.Abort();
        Assert.True(_unread.TryAdd(UnreadLimit.MaxBytes, always: false));
    }

    [Fact]
    public async Task A_client_is_told_once_that_the_store_is_closing_and_what_is_under_way_is_answered()
    {
        var sending = SendAsync();
        Take(Get(1));
        _session.Closing();
        Assert.True((await _sent.Reader.ReadAsync()).Closing);
        Take(Get(2));
        var answered = _session.AllAnsweredAsync(default).AsTask();
        _gateway.Answer(1);
        Assert.False(answered.IsCompleted);
        _gateway.Answer(2);
        await answered.WaitAsync(Timeouts.Long);
        _session.Complete();
        await sending.WaitAsync(Timeouts.Long);
        Assert.Equal([1ul, 2ul], Rest().SelectMany(envelope => envelope.Replies).Select(reply => reply.Number).Order());
    }

    // Whoever waits for the last answer may go on before the thread that gave it.
    [Fact]
    public async Task The_last_reply_is_sent_however_soon_after_it_the_stream_is_complete()
    {
        for (var i = 0; i < 20_000; i++)
        {
            var (gateway, replies) = (new HeldGateway(), 0);
            var session = new EnvelopeSession(() => gateway, _unread);
            Assert.Null(session.Take(new RequestEnvelope { Requests = { Get(1) } }));
            var sending = session.SendAsync((envelope, _) =>
            {
                replies += envelope.Replies.Count;
                return Task.CompletedTask;
            }, default);
            var begins = 0;
            var answering = Task.Run(() =>
            {
                Volatile.Write(ref begins, 1);
                gateway.Answer(1);
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref begins) == 1);
            Thread.SpinWait(i % 100);
            await session.AllAnsweredAsync(default);
            session.Complete();
            await sending;
            Assert.Equal(1, replies);
            await answering;
        }
    }

    // Answers come from several threads at once, while others are cancelled and the same numbers are used again.
    [Fact]
    public Task Whatever_the_order_each_request_gets_its_own_reply_once() => Gen.Select(
        Gen.Int[1, 5], Gen.Int[1, 40], Gen.Int[0, 3], Gen.Int).SampleAsync(async (rounds, count, cancelEach, seed) =>
        {
            var (gateway, replies) = (new HeldGateway(), new List<NumberedReply>());
            var session = new EnvelopeSession(() => gateway, new UnreadBytes(UnreadLimit.MaxBytes));
            var sending = session.SendAsync((envelope, _) =>
            {
                replies.AddRange(envelope.Replies);
                return Task.CompletedTask;
            }, default);
            for (var round = 0; round < rounds; round++)
            {
                var numbers = Enumerable.Range(0, count).Select(i => (ulong)i).ToArray();
                Assert.Null(session.Take(new RequestEnvelope { Requests = { numbers.Select(Get) } }));
                new Random(seed + round).Shuffle(numbers);
                var answering = Task.Run(() => Parallel.ForEach(numbers, number =>
                    gateway.Answer(number, Value((int)number + 1))));
                if (cancelEach > 0)
                {
                    Assert.Null(session.Take(new RequestEnvelope
                    {
                        Requests = { numbers.Where(number => (int)number % 4 < cancelEach).Select(Cancel) },
                    }));
                }
                await answering.WaitAsync(Timeouts.Long);
                await session.AllAnsweredAsync(default).AsTask().WaitAsync(Timeouts.Long);
            }
            session.Complete();
            await sending.WaitAsync(Timeouts.Long);
            Assert.Equal(rounds * count, replies.Count);
            Assert.All(replies.GroupBy(reply => reply.Number), group => Assert.Equal(rounds, group.Count()));
            Assert.All(replies, reply =>
                Assert.True(reply.Get.RegionError is not null || reply.Get.Value.Value.Length == (int)reply.Number + 1));
        }, iter: 200);

    private void Take(params NumberedRequest[] requests) =>
        Assert.Null(_session.Take(new RequestEnvelope { Requests = { requests } }));

    private Task SendAsync(Task? first = null) => _session.SendAsync(async (envelope, end) =>
    {
        await _sent.Writer.WriteAsync(envelope, end);
        if (first is not null) await first;
    }, default);

    private async Task<IEnumerable<ulong>> NextAsync() =>
        (await _sent.Reader.ReadAsync().AsTask().WaitAsync(Timeouts.Long)).Replies.Select(reply => reply.Number);

    private IEnumerable<ReplyEnvelope> Rest()
    {
        while (_sent.Reader.TryRead(out var envelope)) yield return envelope;
    }

    private async Task CompleteAsync(Task sending)
    {
        await _session.AllAnsweredAsync(default).AsTask().WaitAsync(Timeouts.Long);
        _session.Complete();
        await sending.WaitAsync(Timeouts.Long);
        Assert.Empty(Rest());
    }

    private async Task AssertRoomAfterAsync(Action make)
    {
        var room = _session.RoomAsync(default).AsTask();
        Assert.False(room.IsCompleted);
        make();
        await room.WaitAsync(Timeouts.Long);
    }

    private static NumberedRequest Get(ulong number) =>
        NumberedRequest.Of(number, new GetRequest { Key = ByteString.CopyFromUtf8($"{number}") });

    private static NumberedRequest Put(ulong number) =>
        NumberedRequest.Of(number, new PutRequest { Key = ByteString.CopyFromUtf8($"{number}") });

    private static NumberedRequest Cancel(ulong number) => new() { Number = number, Cancel = new Cancel() };

    private static GetResponse Value(int bytes) =>
        new() { Value = new MaybeValue { Found = true, Value = UnsafeByteOperations.UnsafeWrap(new byte[bytes]) } };

    /// <summary>Answers when it is told to; the keys of requests are their numbers.</summary>
    private sealed class HeldGateway : IRawGateway
    {
        private readonly Dictionary<ulong, RawCall> _calls = [];

        public IEnumerable<ulong> Numbers => _calls.Keys;

        public Task<TReply> ExecuteAsync<TReply>(IRawRequest<TReply> request, CancellationToken cancellation)
            where TReply : class, IRawReply, new() => throw new InvalidOperationException();

        public void Execute(IReadOnlyList<RawCall> calls)
        {
            lock (_calls)
            {
                foreach (var call in calls) _calls[NumberOf(call)] = call;
            }
        }

        public RawCall Of(ulong number)
        {
            lock (_calls) return _calls[number];
        }

        public void Answer(ulong number, IRawReply? reply = null)
        {
            var call = Of(number);
            call.Answer(reply ?? call.Request.NewReply());
        }

        public void AnswerAll(Func<RawCall, IRawReply> reply)
        {
            var calls = _calls.Values.ToList();
            calls[0].Sink.Reply([.. calls.Select(call => (call, reply(call)))]);
        }

        // The calls of a session tell nobody their numbers.
        private ulong NumberOf(RawCall call) =>
            call.Request is IRoutedRequest { RoutingKey.IsEmpty: false } routed
                ? ulong.Parse(routed.RoutingKey.ToStringUtf8(), null) : (ulong)_calls.Count + 1;
    }
}
