using TinyKv.Actors.Requests;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Actors.Requests;

public sealed class UnderWayTests
{
    private readonly ManualTime _time = new();
    private readonly InFlight _inFlight = new(2, 1000);
    private readonly TestSink _sink = new();
    private readonly UnderWay _underWay;

    public UnderWayTests() => _underWay = new UnderWay(_inFlight, TimeSpan.FromSeconds(5), _time);

    [Fact]
    public async Task A_call_whose_time_is_over_is_answered_and_makes_room()
    {
        var (write, read) = (_sink.Call(new PutRequest(), TimeSpan.FromSeconds(1)), _sink.Call(new GetRequest()));
        Assert.True(_underWay.TryEnter(write));
        Assert.True(_underWay.TryEnter(read));
        Assert.False(_underWay.TryEnter(_sink.Call(new GetRequest())));

        _time.Pass(TimeSpan.FromSeconds(2));

        Assert.NotNull((await _sink.ReplyTo(write)).RegionError!.StaleCommand);
        Assert.False(_sink.HasReplyTo(read));
        Assert.True(_underWay.TryEnter(_sink.Call(new GetRequest())));
        _time.Pass(TimeSpan.FromSeconds(4));
        Assert.NotNull((await _sink.ReplyTo(read)).RegionError!.NotLeader);
        write.Answer(new WriteResponse());
        Assert.Empty(_sink.Twice);
    }

    [Fact]
    public void Nobody_looks_at_the_clock_while_nothing_is_under_way()
    {
        Assert.Equal(0, _time.Armed);
        var call = _sink.Call(new GetRequest());
        _underWay.TryEnter(call);
        Assert.Equal(1, _time.Armed);
        call.Answer(new GetResponse());

        _time.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal(0, _time.Armed);
    }

    [Fact]
    public void A_call_that_ends_before_it_is_counted_takes_no_room()
    {
        for (var i = 0; i < 3; i++)
        {
            var call = _sink.Call(new GetRequest());
            call.Cancel();
            Assert.True(_underWay.TryEnter(call));
            Assert.True(call.IsEnded);
        }
    }

    [Fact]
    public void Calls_end_in_any_order()
    {
        var room = new UnderWay(new InFlight(5, 1000), TimeSpan.FromSeconds(1), _time);
        var calls = Enumerable.Range(0, 5).Select(_ => _sink.Call(new GetRequest())).ToArray();
        foreach (var call in calls) Assert.True(room.TryEnter(call));

        foreach (var i in (ReadOnlySpan<int>)[2, 0, 4]) calls[i].Answer(new GetResponse());
        _time.Pass(TimeSpan.FromSeconds(2));

        Assert.All(calls, call => Assert.True(call.IsEnded));
        foreach (var _ in calls) Assert.True(room.TryEnter(_sink.Call(new GetRequest())));
        Assert.False(room.TryEnter(_sink.Call(new GetRequest())));
    }

    [Fact]
    public void Who_ends_a_call_of_many_is_one()
    {
        var room = new UnderWay(new InFlight(1, 1000), TimeSpan.FromSeconds(1), _time);
        for (var i = 0; i < 500; i++)
        {
            var call = _sink.Call(new GetRequest());
            Parallel.Invoke(
                () => Assert.True(room.TryEnter(call)), call.Cancel, () => call.Answer(new GetResponse()), () => call.GoAlone());
            Assert.True(_sink.ReplyTo(call).IsCompleted);
        }
        Assert.Empty(_sink.Twice);
    }
}
