using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

/// <summary>Followers seldom time out together: that is what elections rest on (section 5.2 of the paper).</summary>
public sealed class ElectionTimeoutTests
{
    private const int Ticks = 10;

    [Fact]
    public void Every_timeout_from_once_to_twice_the_minimum_is_drawn() => Assert.Equal(
        Enumerable.Range(Ticks, Ticks), Enumerable.Range(1, 500).Select(TimeoutOf).Distinct().Order());

    [Fact]
    public void Of_five_followers_two_seldom_time_out_first_together()
    {
        const int Groups = 400;
        var (conflicts, seeds) = (0, new Random(1)); // as a store draws those of its peers
        for (var group = 0; group < Groups; group++)
        {
            var timeouts = Enumerable.Range(0, 5).Select(_ => TimeoutOf(seeds.Next())).Order().ToArray();
            if (timeouts[0] == timeouts[1]) conflicts++;
        }

        Assert.InRange(conflicts, 1, Groups * 30 / 100);
    }

    private static int TimeoutOf(int seed)
    {
        var member = new OneMember(new RaftOptions { ElectionTicks = Ticks, HeartbeatTicks = 1 }, seed: seed);
        var ticks = 0;
        for (; member.Core.Role == RoleKind.Follower; ticks++) member.Tick(1);
        return ticks;
    }
}
