using CsCheck;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class ProgressTests
{
    private static readonly RaftOptions Options = new() { MaxInflightAppends = 2, HeartbeatTicks = 2 };

    [Fact]
    public void A_probe_waits_for_its_answer()
    {
        var progress = Probing(next: 5);
        Assert.True(progress.HasRoomFor(1));
        progress.Sent(entries: 3, bytes: 3, tick: 0);
        Assert.False(progress.HasRoomFor(1));
        Assert.Equal(5, progress.Next);
    }

    [Fact]
    public void An_accepted_probe_begins_replication_behind_what_was_accepted()
    {
        var progress = Probing(next: 5);
        progress.Sent(3, 3, tick: 0);
        Assert.True(progress.Acknowledged(7));
        Assert.True(progress.IsReplicating);
        Assert.Equal((7, 8), (progress.Match, progress.Next));
        Assert.True(progress.IsAcknowledged);
    }

    [Fact]
    public void Replication_runs_ahead_of_its_answers_within_the_window()
    {
        var progress = Replicating(match: 4);
        progress.Sent(2, 2, tick: 0);
        progress.Sent(1, 1, tick: 0);
        Assert.Equal(8, progress.Next);
        Assert.False(progress.HasRoomFor(1));
        Assert.True(progress.Acknowledged(6));
        Assert.True(progress.HasRoomFor(1));
        Assert.Equal(8, progress.Next);
    }

    [Fact]
    public void An_acknowledgement_out_of_order_is_old_news()
    {
        var progress = Replicating(match: 4);
        Assert.False(progress.Acknowledged(3));
        Assert.False(progress.Acknowledged(4));
        Assert.Equal(4, progress.Match);
    }

    [Fact]
    public void A_rejection_goes_back_to_probing_where_the_logs_may_agree()
    {
        var progress = Replicating(match: 4);
        progress.Sent(3, 3, tick: 0);
        Assert.True(progress.Rejected(previous: 7, guess: 5));
        Assert.False(progress.IsReplicating);
        Assert.Equal(6, progress.Next);
        Assert.Equal(0, progress.Inflights.Count);
    }

    [Theory]
    [InlineData(4)] // acknowledged, so it cannot be missing
    [InlineData(9)] // from before Next was moved back
    public void A_stale_rejection_changes_nothing(long previous)
    {
        var progress = Replicating(match: 4);
        progress.Sent(3, 3, tick: 0);
        Assert.False(progress.Rejected(previous, guess: 0));
        Assert.True(progress.IsReplicating);
        Assert.Equal(8, progress.Next);
    }

    [Fact]
    public void Only_the_probe_under_way_can_be_rejected()
    {
        var progress = Probing(next: 8);
        progress.Sent(1, 1, tick: 0);
        Assert.False(progress.Rejected(previous: 6, guess: 0));
        Assert.True(progress.Rejected(previous: 7, guess: 3));
        Assert.Equal(4, progress.Next);
    }

    [Fact]
    public void A_rejection_never_goes_behind_the_match_and_always_back()
    {
        var progress = Replicating(match: 4);
        progress.Sent(4, 4, tick: 0);
        Assert.True(progress.Rejected(previous: 8, guess: 2));
        Assert.Equal(5, progress.Next);
        var other = Probing(next: 8);
        Assert.True(other.Rejected(previous: 7, guess: 7));
        Assert.Equal(7, other.Next);
    }

    [Fact]
    public void A_silent_append_is_retried_after_a_heartbeat_and_not_before()
    {
        var progress = Replicating(match: 4);
        Assert.False(progress.ShouldRetry(tick: 100)); // nothing is missing
        progress.Sent(1, 1, tick: 100);
        Assert.False(progress.ShouldRetry(tick: 101));
        Assert.True(progress.ShouldRetry(tick: 102));
    }

    [Fact]
    public void A_silent_probe_is_given_up()
    {
        var progress = Probing(next: 5);
        progress.Sent(1, 1, tick: 10);
        Assert.True(progress.ShouldRetry(tick: 12));
        Assert.True(progress.HasRoomFor(1));
    }

    [Fact]
    public void A_follower_that_has_lost_data_is_sent_nothing_whatever_it_answered_before()
    {
        var progress = Replicating(match: 4);
        progress.Sent(3, 3, tick: 0);
        Assert.True(progress.Lost(Loss));
        Assert.False(progress.Lost(Loss)); // known already

        Assert.False(progress.HasRoomFor(1));
        Assert.False(progress.Acknowledged(7));
        Assert.False(progress.Rejected(previous: 7, guess: 2));
        Assert.False(progress.ShouldRetry(tick: 100));
        Assert.Equal((4, ProgressState.DataLoss), (progress.Match, progress.State));
    }

    [Fact]
    public void A_follower_that_holds_what_it_acknowledged_after_all_is_probed_from_there()
    {
        var progress = Replicating(match: 4);
        Assert.False(progress.Holds(Peers.At(4, 1))); // nothing was lost
        progress.Sent(3, 3, tick: 0);
        progress.Lost(Loss);
        Assert.False(progress.Holds(Peers.At(3, 1))); // less than what it acknowledged
        Assert.True(progress.Holds(Peers.At(4, 1)));
        Assert.Equal((5, ProgressState.Probe, 0), (progress.Next, progress.State, progress.Inflights.Count));
        Assert.True(progress.HasRoomFor(1));
    }

    [Fact]
    public void No_answer_moves_the_match_of_a_follower_that_has_lost_data() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[0, 12], Gen.Long[0, 12]).Array[0, 40].Sample(answers =>
        {
            var progress = Replicating(match: 4);
            progress.Sent(3, 3, tick: 0);
            progress.Lost(Loss);
            foreach (var (kind, one, other) in answers)
            {
                if (kind == 0) progress.Acknowledged(one);
                else if (kind == 1) progress.Rejected(one, other);
                else if (kind == 2) progress.ShouldRetry(one);
                else progress.Holds(Peers.At(one % 4, 1));
            }
            Assert.Equal((4, ProgressState.DataLoss), (progress.Match, progress.State));
        });

    [Fact]
    public void A_member_of_a_compacted_log_is_probed_from_where_the_log_begins()
    {
        var progress = new Progress(Peers.N2, first: 4, next: 6, Options, now: 0);
        progress.Lost(Loss);
        Assert.True(progress.Holds(Peers.At(4, 1)));
        Assert.Equal((0, 4), (progress.Match, progress.Next));
    }

    private static DataLoss Loss => new(Peers.N2, 1, Peers.At(4, 1), Peers.At(2, 1));

    private static Progress Probing(long next) => new(Peers.N2, first: 1, next, Options, now: 0);

    private static Progress Replicating(long match)
    {
        var progress = Probing(match + 1);
        progress.Acknowledged(match);
        return progress;
    }
}
