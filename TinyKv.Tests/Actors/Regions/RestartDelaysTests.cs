using Akka.Actor;
using TinyKv.Actors.Regions;

namespace TinyKv.Tests.Actors.Regions;

public sealed class RestartDelaysTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Delays_double_from_200_ms_to_10_s_with_up_to_a_fifth_more()
    {
        var delays = new RestartDelays(new Random(1), _clock);
        double[] expected = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10];

        foreach (var seconds in expected) Assert.InRange(delays.Next().TotalSeconds, seconds, seconds * 1.2);
    }

    [Fact]
    public void Only_an_attempt_that_held_for_10_s_starts_over()
    {
        var delays = new RestartDelays(new Random(1), _clock);
        delays.Next();
        delays.Succeeded();
        _clock.MonotonicClock += TimeSpan.FromSeconds(9);
        Assert.InRange(delays.Next().TotalSeconds, 0.4, 0.48);
        delays.Succeeded();
        _clock.MonotonicClock += TimeSpan.FromSeconds(10);
        Assert.InRange(delays.Next().TotalSeconds, 0.2, 0.24);
    }

    private sealed class Clock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UnixEpoch;

        public TimeSpan MonotonicClock { get; set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
