using CsCheck;
using TinyKv.Core.Snapshots;

namespace TinyKv.Tests.Core.Snapshots;

public sealed class RateLimitTests
{
    [Fact]
    public void In_no_stretch_of_time_more_leaves_than_the_rate_and_what_was_last() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Select(Gen.Int[0, 500], Gen.Int[0, 3000]).Array[1, 30]).Sample((rate, sends) =>
        {
            var limit = new RateLimit(rate);
            var (now, left) = (TimeSpan.Zero, new List<(TimeSpan At, int Bytes)>());
            foreach (var (bytes, pause) in sends)
            {
                now += TimeSpan.FromMilliseconds(pause);
                left.Add((now + limit.Take(bytes, now), bytes));
            }
            for (var i = 0; i < left.Count; i++)
            {
                for (var j = i + 1; j < left.Count; j++)
                {
                    var between = left[i..j].Sum(each => (double)each.Bytes);
                    Assert.True((left[j].At - left[i].At).TotalSeconds + 0.001 >= between / rate);
                }
            }
        }, iter: 1000);

    [Fact]
    public void What_leaves_seldom_does_not_wait()
    {
        var limit = new RateLimit(bytesPerSecond: 10);

        Assert.Equal(TimeSpan.Zero, limit.Take(20, TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(1), limit.Take(5, TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.Zero, limit.Take(5, TimeSpan.FromSeconds(9)));
    }
}
