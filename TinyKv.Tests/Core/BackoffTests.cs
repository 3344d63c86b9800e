using TinyKv.Core;

namespace TinyKv.Tests.Core;

public sealed class BackoffTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Delays_are_the_upper_part_of_a_bound_that_doubles_up_to_the_longest()
    {
        var backoff = new Backoff(Second, 5 * Second, spread: 0.25);

        Assert.Equal(0.75 * Second, backoff.Next(draw: 0));
        Assert.Equal(2 * Second, backoff.Next(draw: 1));
        Assert.Equal(3.5 * Second, backoff.Next(draw: 0.5));
        Assert.Equal(5 * Second, backoff.Next(draw: 1));
        Assert.Equal(5 * Second, backoff.Next(draw: 1));
    }

    [Fact]
    public void After_a_reset_they_begin_again()
    {
        var backoff = new Backoff(Second, 5 * Second, spread: 1);
        backoff.Next(draw: 1);
        backoff.Next(draw: 1);

        backoff.Reset();

        Assert.Equal(Second, backoff.Next(draw: 1));
    }
}
