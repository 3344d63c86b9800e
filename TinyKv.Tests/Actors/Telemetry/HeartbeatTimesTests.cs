using TinyKv.Actors.Telemetry;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Actors.Telemetry;

public sealed class HeartbeatTimesTests
{
    private static readonly PeerId One = new(1);
    private static readonly PeerId Two = new(2);

    private readonly HeartbeatTimes _times;
    private int _answered;

    public HeartbeatTimesTests() => _times = new HeartbeatTimes((_, _) => _answered++);

    [Fact]
    public void Each_follower_answers_for_itself_and_once()
    {
        _times.Sending(One, 1);
        _times.Sending(Two, 1);

        Assert.Equal(1, AnsweredBy(One, 1));
        Assert.Equal(0, AnsweredBy(One, 1));
        Assert.Equal(1, AnsweredBy(Two, 1));
    }

    [Fact]
    public void A_lost_heartbeat_counts_as_answered_by_the_answer_to_a_later_one()
    {
        for (var round = 1; round <= 4; round++) _times.Sending(One, round);

        Assert.Equal(3, AnsweredBy(One, 3));
        Assert.Equal(1, AnsweredBy(One, 4));
    }

    [Fact]
    public void A_follower_that_is_away_does_not_fill_the_memory()
    {
        for (var round = 1; round <= 1_000; round++) _times.Sending(One, round);

        Assert.Equal(64, AnsweredBy(One, 1_000));
    }

    [Fact]
    public void A_leader_that_has_stepped_down_waits_for_no_answer()
    {
        _times.Sending(One, 1);
        _times.Clear();

        Assert.Equal(0, AnsweredBy(One, 1));
    }

    private int AnsweredBy(PeerId follower, long round)
    {
        _answered = 0;
        _times.Heard(follower, round);
        return _answered;
    }
}
