using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Core.Regions;

public sealed class RetriesTests
{
    private static readonly RegionError Elsewhere =
        new RegionError.NotLeader(RegionId.First, new Peer(new PeerId(2), new StoreId(2)));

    private static readonly RegionError Leaderless = new RegionError.NotLeader(RegionId.First, null);

    private readonly Retries _retries = new(() => 1);

    [Fact]
    public void Delays_grow_to_their_cap_and_each_reason_has_its_own()
    {
        Assert.Equal([20, 40, 80, 160, 300, 300], Enumerable.Range(0, 6).Select(_ => Ms(_retries.After(Leaderless))));
        Assert.Equal(2, Ms(_retries.After(new RegionError.StaleCommand())));
        Assert.Equal(20, Ms(_retries.After(RetryReason.Unreachable)));
    }

    [Fact]
    public void The_first_redirect_is_followed_at_once_and_later_ones_are_not()
    {
        Assert.Equal(0, Ms(_retries.After(Elsewhere)));
        Assert.Equal(2, Ms(_retries.After(Elsewhere)));
        Assert.Equal(4, Ms(_retries.After(Elsewhere)));
    }

    [Fact]
    public void A_busy_store_has_the_rest_that_it_asks_for_within_reason()
    {
        Assert.Equal(70 + 50, Ms(_retries.After(new RegionError.ServerIsBusy("full", 70))));
        Assert.Equal(10_000 + 100, Ms(_retries.After(new RegionError.ServerIsBusy("full", uint.MaxValue))));
    }

    [Fact]
    public void A_refusal_of_an_unknown_kind_is_followed_by_a_look_for_the_region() =>
        Assert.Equal(2, Ms(_retries.After(null)));

    [Fact]
    public void Only_a_write_whose_command_is_stale_may_be_done()
    {
        Assert.True(Retries.MayBeDone(new RegionError.StaleCommand(), isRead: false));
        Assert.False(Retries.MayBeDone(new RegionError.StaleCommand(), isRead: true));
        Assert.False(Retries.MayBeDone(Leaderless, isRead: false));
        Assert.False(Retries.MayBeDone(null, isRead: false));
    }

    private static double Ms(TimeSpan delay) => delay.TotalMilliseconds;
}
