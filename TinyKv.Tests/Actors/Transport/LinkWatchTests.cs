using TinyKv.Actors.Transport;

namespace TinyKv.Tests.Actors.Transport;

public sealed class LinkWatchTests
{
    private const ulong Self = 7;
    private const ulong Other = 9;

    private readonly LinkWatch _link = new(Self, TimeSpan.FromSeconds(5));

    [Fact]
    public void A_store_that_says_what_it_heard_is_connected()
    {
        for (var second = 0; second < 20; second++)
        {
            var number = _link.Send(At(second));
            Assert.False(_link.IsDead(At(second)));
            _link.Receive(Other, number, Self, number, now: default);
        }
    }

    [Fact]
    public void A_store_that_speaks_and_has_not_heard_is_reconnected_to_once_per_timeout()
    {
        var asked = new List<int>();
        for (var second = 0; second < 20; second++)
        {
            _link.Send(At(second));
            if (_link.IsDead(At(second))) asked.Add(second);
            _link.Receive(Other, (ulong)second + 1, heardIncarnation: 0, heardNumber: 0, now: default);
        }
        Assert.Equal([5, 11, 17], asked);
    }

    [Fact]
    public void What_an_earlier_incarnation_said_does_not_count_as_heard()
    {
        _link.Send(At(0));
        _link.Receive(Other, 1, heardIncarnation: Self - 1, heardNumber: 100, now: default);
        Assert.True(_link.IsDead(At(5)));
    }

    [Fact]
    public void A_store_that_answers_has_heard()
    {
        _link.Send(At(0));
        _link.Answered(At(1));
        Assert.Equal(At(1), _link.LastHeard);
        Assert.False(_link.IsDead(At(3600)));
    }

    [Fact]
    public void Who_speaks_has_not_thereby_heard()
    {
        _link.Send(At(0));
        _link.Spoke(At(1));
        Assert.Equal(At(1), _link.LastHeard);
        Assert.False(_link.IsDead(At(4)));
        Assert.True(_link.IsDead(At(5)));
    }

    [Fact]
    public void Who_says_nothing_is_waited_for_longer_and_only_when_it_is_spoken_to()
    {
        Assert.False(_link.IsDead(At(100)));
        _link.Send(At(100));
        Assert.False(_link.IsDead(At(114)));
        Assert.True(_link.IsDead(At(115)));
    }

    [Fact]
    public void A_silence_of_both_sides_proves_nothing()
    {
        _link.Send(At(0));
        _link.Receive(Other, 1, heardIncarnation: 0, heardNumber: 0, now: default);

        _link.Send(At(3600));

        Assert.False(_link.IsDead(At(3600)));
        Assert.True(_link.IsDead(At(3620)));
    }

    private static TimeSpan At(int second) => TimeSpan.FromSeconds(second);
}
