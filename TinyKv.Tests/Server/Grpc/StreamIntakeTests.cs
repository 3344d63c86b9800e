using System.Buffers.Binary;
using System.IO.Pipelines;
using Google.Protobuf;
using Grpc.Core;
using TinyKv.Actors.Requests;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Server.Grpc;

namespace TinyKv.Tests.Server.Grpc;

public sealed class StreamIntakeTests
{
    private const int Large = 100_000;

    // As long as it says, behind a tag and a length.
    private static readonly byte[] OneRequest = [0x0a, 0x9c, 0x8d, 0x06, .. new byte[Large - 4]];

    private readonly SteppedClock _clock = new();
    private readonly InFlight _room = new(int.MaxValue, Large + 1);
    private readonly Pipe _pipe = new();
    private readonly StreamIntake _intake;

    public StreamIntakeTests() => _intake = IntakeOf(_pipe);

    [Fact]
    public async Task Messages_go_by_one_after_the_other()
    {
        await SendAsync([.. Frame(new byte[] { 0x0a, 0 }), .. Frame([]), .. Frame(new byte[] { 0x0a, 0 })]);
        foreach (var bytes in new[] { 2, 0, 2 })
        {
            var buffer = (await _intake.ReadAsync()).Buffer;
            Assert.Equal(bytes, MessagePrefix.Of(buffer).Bytes);
            _intake.AdvanceTo(buffer.GetPosition(MessagePrefix.Size + bytes));
        }
        Assert.False(_intake.ReadAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task A_compressed_message_is_not_taken()
    {
        await SendAsync([1, .. Frame(new byte[] { 0x0a, 0 })[1..]]);
        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync());
    }

    // Parsed, each of the two bytes would be an object of a hundred.
    [Fact]
    public async Task A_million_tiny_requests_in_a_message_are_not_parsed()
    {
        var requests = new byte[2_000_000];
        for (var i = 0; i < requests.Length; i += 2) requests[i] = 0x0a;
        await SendAsync(Frame(requests), wait: false);
        Assert.Equal(StatusCode.ResourceExhausted, await RefusalAsync(IntakeOf(_pipe, new InFlight(9, 1 << 30))));
    }

    [Theory]
    [InlineData(1024, 10, true)]
    [InlineData(1025, 10, false)]
    [InlineData(1, 5_000_000, true)]
    [InlineData(2, 600_000, false)]
    [InlineData(2, 500_000, true)]
    public void A_message_holds_1024_requests_and_1_mib_or_one_larger_request(int count, int bytes, bool isTaken)
    {
        var request = NumberedRequest.Of(1, new PutRequest { Value = UnsafeByteOperations.UnsafeWrap(new byte[bytes]) });
        var message = new RequestEnvelope { Requests = { Enumerable.Repeat(request, count) } }.ToByteArray();
        Assert.Equal(isTaken, EnvelopeForm.WhyBeyondLimits(new(message)) is null);
    }

    // A parser goes on where the one that counts would have stopped: after an unknown group, and after a length whose upper
    // bits it drops.
    [Theory]
    [InlineData("7b7c")]
    [InlineData("0a8080808010")]
    [InlineData("0affffffff0f")]
    [InlineData("0a")]
    public async Task What_cannot_be_counted_is_not_parsed(string prefix)
    {
        var requests = Enumerable.Repeat<byte[]>([0x0a, 0], 5000).SelectMany(request => request);
        byte[] message = [.. Convert.FromHexString(prefix), .. requests];
        await SendAsync(Frame(message), wait: false);
        Assert.Contains(await RefusalAsync(), (StatusCode[])[StatusCode.Internal, StatusCode.ResourceExhausted]);
    }

    [Fact]
    public async Task A_stream_may_be_silent_between_messages_but_not_within_one()
    {
        await SendAsync(Frame(new byte[] { 0x0a, 0 }));
        var buffer = (await _intake.ReadAsync()).Buffer;
        _intake.AdvanceTo(buffer.End);
        var reading = _intake.ReadAsync();
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.False(reading.IsCompleted);

        await SendAsync([0, 0, 0, 0, 9, 1]);
        buffer = (await reading).Buffer;
        _intake.AdvanceTo(buffer.Start, buffer.End);
        var refusal = RefusalAsync();
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(refusal.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(StatusCode.DeadlineExceeded, await refusal);
    }

    [Fact]
    public async Task A_message_that_trickles_in_has_the_time_of_a_kibibyte_a_second()
    {
        await SendAsync(Frame(new byte[20_000])[..10_240]);
        await ExamineAsync();
        var refusal = RefusalAsync();
        _clock.Advance(TimeSpan.FromSeconds(14));
        Assert.False(refusal.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(StatusCode.DeadlineExceeded, await refusal);
    }

    [Fact]
    public async Task A_large_message_waits_for_room_and_gives_it_back_when_it_is_taken()
    {
        var other = new Pipe();
        var second = IntakeOf(other);
        await SendAsync(Frame(OneRequest)[..9]);
        await ExamineAsync();
        await SendAsync(Frame(OneRequest), other, wait: false);
        var waiting = second.ReadAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);

        await SendAsync(Frame(OneRequest)[9..], wait: false);
        var whole = await WholeAsync();
        _intake.AdvanceTo(whole);
        while (!waiting.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        await waiting;
    }

    [Fact]
    public async Task A_large_message_for_which_no_room_becomes_free_is_refused()
    {
        Assert.True(_room.TryEnter(Large));
        await SendAsync(Frame(OneRequest)[..9]);
        var refusal = RefusalAsync();
        while (!refusal.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        Assert.Equal(StatusCode.ResourceExhausted, await refusal);
    }

    [Fact]
    public async Task A_stream_that_ends_within_a_message_gives_its_room_back()
    {
        await SendAsync(Frame(OneRequest)[..9]);
        await ExamineAsync();
        Assert.False(_room.TryEnter(Large));
        _intake.EndMessage();
        Assert.True(_room.TryEnter(Large));
    }

    private StreamIntake IntakeOf(Pipe pipe, InFlight? room = null) => new(pipe.Reader, room ?? _room, holdsMany: true, _clock);

    private async Task SendAsync(byte[] bytes, Pipe? pipe = null, bool wait = true)
    {
        var writing = (pipe ?? _pipe).Writer.WriteAsync(bytes);
        if (wait) await writing;
    }

    // As gRPC reads what is not whole yet.
    private async Task ExamineAsync()
    {
        var buffer = (await _intake.ReadAsync()).Buffer;
        _intake.AdvanceTo(buffer.Start, buffer.End);
    }

    private async Task<SequencePosition> WholeAsync()
    {
        while (true)
        {
            var buffer = (await _intake.ReadAsync()).Buffer;
            if (buffer.Length == MessagePrefix.Size + Large) return buffer.End;
            _intake.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private async Task<StatusCode> RefusalAsync(StreamIntake? intake = null)
    {
        intake ??= _intake;
        return (await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                var buffer = (await intake.ReadAsync()).Buffer;
                intake.AdvanceTo(buffer.Start, buffer.End);
            }
        })).StatusCode;
    }

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[MessagePrefix.Size + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, MessagePrefix.Size);
        return frame;
    }

    /// <summary>Stands still until it is advanced.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(this, () => callback(state));
            timer.Change(dueTime, period);
            lock (_timers) _timers.Add(timer);
            return timer;
        }

        public void Advance(TimeSpan by)
        {
            var now = Interlocked.Add(ref _now, by.Ticks);
            List<Timer> due;
            lock (_timers) due = _timers.Where(timer => timer.Due <= now).ToList();
            due.ForEach(timer => timer.Fire());
        }

        private sealed class Timer(SteppedClock clock, Action callback) : ITimer
        {
            public long Due { get; private set; }

            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : clock.GetTimestamp() + dueTime.Ticks;
                return true;
            }

            public void Fire()
            {
                Due = long.MaxValue;
                callback();
            }

            public void Dispose()
            {
                lock (clock._timers) clock._timers.Remove(this);
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }
}
