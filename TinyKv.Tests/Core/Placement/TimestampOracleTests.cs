using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Placement;

namespace TinyKv.Tests.Core.Placement;

public sealed class TimestampOracleTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(3);

    [Fact]
    public void Nothing_is_given_out_before_a_window_is_reserved()
    {
        var oracle = new TimestampOracle();
        oracle.Begin(6, 1000);

        Assert.Null(oracle.Next(1, 500));
        oracle.Extend(oracle.NextEnd(500, Window));

        Assert.Equal(new Timestamp(1000, 1), oracle.Next(1, 500));
    }

    [Fact]
    public void Nothing_at_or_above_the_end_of_the_window_is_given_out()
    {
        var oracle = Started(end: 2000);

        Assert.Null(oracle.Next(1, 2000));
        Assert.Equal(new Timestamp(1999, 1), oracle.Next(1, 1999));
    }

    [Fact]
    public void A_clock_that_goes_back_does_not_take_the_timestamps_along()
    {
        var oracle = Started(end: 2000);
        oracle.Next(1, 1500);

        Assert.Equal(new Timestamp(1500, 4), oracle.Next(3, 100));
    }

    [Fact]
    public void A_batch_that_does_not_fit_into_the_millisecond_takes_the_next()
    {
        var oracle = Started(end: 2000);
        var max = (int)TimestampOracle.LogicalEnd - 1;

        Assert.Equal(new Timestamp(1500, max), oracle.Next(max, 1500));
        Assert.Equal(new Timestamp(1501, 2), oracle.Next(2, 1500));
    }

    [Fact]
    public void A_term_does_not_begin_twice() =>
        Assert.Throws<InvariantViolationException>(() => Started(end: 2000).Begin(6, 3000));

    /// <summary>Leaders come and go with clocks of their own; what is reserved is in the log for all of them.</summary>
    [Fact]
    public void Timestamps_rise_strictly_over_any_leaders_and_clocks()
    {
        var step = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 300_000].Select(n => Math.Min(n, 262_143)), Gen.Long[0, 20_000]);
        step.Array[1, 60].Sample(steps =>
        {
            var (oracle, reserved, term, last) = (new TimestampOracle(), 0L, 6L, 0L);
            oracle.Begin(term, reserved);
            foreach (var (what, count, now) in steps)
            {
                if (what == 0)
                {
                    oracle = new TimestampOracle();
                    oracle.Begin(++term, reserved);
                    continue;
                }
                var next = oracle.Next(count, now);
                if (next is null)
                {
                    reserved = Math.Max(reserved, oracle.NextEnd(now, Window));
                    oracle.Extend(reserved);
                    next = oracle.Next(count, now);
                }
                var (physical, logical) = next!.Value;
                var first = physical * TimestampOracle.LogicalEnd + logical - count + 1;
                Assert.True(first > last && physical < reserved && logical < TimestampOracle.LogicalEnd);
                last = physical * TimestampOracle.LogicalEnd + logical;
            }
        });
    }

    private static TimestampOracle Started(long end)
    {
        var oracle = new TimestampOracle();
        oracle.Begin(6, 1000);
        oracle.Extend(end);
        return oracle;
    }
}
