using Akka.Actor;
using TinyKv.Actors.Telemetry;

namespace TinyKv.Tests.Actors.Telemetry;

public sealed class LogLimitTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void A_kind_gets_so_many_lines_a_minute_and_the_next_one_tells_what_was_left_out()
    {
        var limit = new LogLimit(_clock, linesPerMinute: 2);

        Assert.Equal([0, 0, null, null, null], Ask(limit, "a", 5));
        _clock.MonotonicClock += TimeSpan.FromSeconds(59);
        Assert.Equal([null], Ask(limit, "a", 1));
        _clock.MonotonicClock += TimeSpan.FromSeconds(1);
        Assert.Equal([4, 0, null], Ask(limit, "a", 3));
    }

    [Fact]
    public void Kinds_do_not_use_up_each_others_lines()
    {
        var limit = new LogLimit(_clock, linesPerMinute: 1);

        Assert.Equal([0, null], Ask(limit, "a", 2));
        Assert.Equal([0, null], Ask(limit, "b", 2));
    }

    [Fact]
    public void Any_number_of_kinds_gets_a_bounded_number_of_lines()
    {
        var limit = new LogLimit(_clock, linesPerMinute: 1);

        var lines = Enumerable.Range(0, 10_000).Count(n => limit.Allows($"kind {n}", out _));

        Assert.InRange(lines, 1, 257);
    }

    private static long?[] Ask(LogLimit limit, string kind, int times) =>
        [.. Enumerable.Range(0, times).Select(_ => limit.Allows(kind, out var omitted) ? omitted : (long?)null)];

    private sealed class Clock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UnixEpoch;

        public TimeSpan MonotonicClock { get; set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
