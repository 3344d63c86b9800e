using CsCheck;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class LossEvidenceTests
{
    private static readonly RaftOptions Options = new() { ElectionTicks = 10, HeartbeatTicks = 2 };
    private readonly LossEvidence _evidence = new(N1, Options);

    [Fact]
    public void One_word_is_suspicion_and_an_election_timeout_of_words_is_proof()
    {
        Assert.Equal(DataLossStage.Found, Lost(tick: 0)?.Stage);
        for (var tick = 2; tick < 10; tick += 2) Assert.Null(Lost(tick));
        Assert.Equal(new DataLossReport(new DataLoss(N1, 3, At(7, 2), At(5, 2)), DataLossStage.Confirmed), Lost(tick: 10));
        Assert.Null(Lost(tick: 12)); // said already
    }

    [Fact]
    public void Words_with_a_silence_between_them_do_not_add_up()
    {
        Lost(tick: 0);
        Assert.Null(Lost(tick: 10));
        Assert.Null(Lost(tick: 18));
        Assert.Equal(DataLossStage.Confirmed, Lost(tick: 20)?.Stage);
    }

    [Fact]
    public void What_contradicts_clears_and_the_count_starts_over()
    {
        Lost(tick: 0);
        Assert.Equal(DataLossStage.Cleared, Held(tick: 8)?.Stage);
        Assert.Null(_evidence.Loss);
        Assert.Equal(DataLossStage.Found, Lost(tick: 9)?.Stage);
        Assert.Null(Lost(tick: 18));
        Assert.Equal(DataLossStage.Confirmed, Lost(tick: 19)?.Stage);
    }

    [Fact]
    public void A_late_heartbeat_says_nothing_about_what_was_acknowledged_after_it_left()
    {
        Lost(tick: 5);
        Assert.Null(Held(tick: 6, round: 4));
        Assert.Null(Held(tick: 7, round: 5));
        Assert.True(_evidence.IsOf(3));
    }

    [Fact]
    public void A_claim_of_a_round_that_never_was_is_given_up_when_the_leader_has_kept_saying_otherwise()
    {
        Assert.NotNull(Told(At(9, 3), At(5, 2), round: 1_000_000, tick: 0));
        for (var tick = 2; tick < 12; tick += 2) Assert.Null(Held(tick));
        Assert.Equal(DataLossStage.Cleared, Held(tick: 12)?.Stage);
    }

    [Fact]
    public void What_the_leader_repeats_is_not_given_up_for_late_heartbeats_in_between()
    {
        Lost(tick: 10);
        for (var tick = 10; tick < 19; tick++)
        {
            Assert.Null(Held(tick, round: 1));
            Assert.Null(Lost(tick));
        }
        Assert.Null(Held(tick: 25, round: 1));
        Assert.True(_evidence.IsOf(3));
    }

    [Fact]
    public void What_is_denied_in_between_is_never_proved_however_often_it_is_said()
    {
        // Somebody speaks in the leader's name, of a round that never was; the leader denies it in its own rounds.
        for (var tick = 0; tick < 100; tick += 2)
        {
            Assert.NotEqual(DataLossStage.Confirmed, Told(At(9, 3), At(5, 2), round: 1_000_000, tick)?.Stage);
            Assert.Null(Held(tick + 1));
        }
        Assert.True(_evidence.IsOf(3));
    }

    [Fact]
    public void A_late_heartbeat_delays_the_proof_of_a_real_loss_by_an_election_timeout()
    {
        for (var tick = 10; tick < 18; tick += 2) Lost(tick);
        Assert.Null(Held(tick: 18, round: 9));
        for (var tick = 19; tick < 29; tick += 2) Assert.Null(Lost(tick));
        Assert.Equal(DataLossStage.Confirmed, Lost(tick: 29)?.Stage);
    }

    [Fact]
    public void An_entry_of_a_later_leader_clears_and_one_of_the_same_term_does_not()
    {
        Lost(tick: 0);
        Assert.Null(_evidence.CaughtUp(term: 3));
        Assert.Equal(DataLossStage.Cleared, _evidence.CaughtUp(term: 4)?.Stage);
        Assert.Null(_evidence.CaughtUp(term: 4));
    }

    [Fact]
    public void The_word_of_another_leader_counts_for_itself()
    {
        Lost(tick: 0);
        Lost(tick: 8);
        Assert.Equal(DataLossStage.Found, Told(At(9, 4), At(5, 2), round: 1, tick: 9, term: 4)?.Stage);
        Assert.Null(Told(At(9, 4), At(5, 2), round: 2, tick: 12, term: 4));
        Assert.Equal(DataLossStage.Confirmed, Told(At(9, 4), At(5, 2), round: 3, tick: 19, term: 4)?.Stage);
    }

    [Fact]
    public void Nothing_is_confirmed_within_an_election_timeout_of_a_contradiction() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 12], Gen.Int[1, 9]).Array[1, 60].Sample(words =>
        {
            var evidence = new LossEvidence(N1, Options);
            var (tick, contradicted) = (0, 0);
            foreach (var (isHeld, pause, round) in words)
            {
                tick += pause;
                var heartbeat = new RaftMessage.Heartbeat(0, round, At(7, 2));
                var report = evidence.Told(3, heartbeat, isHeld ? At(7, 2) : At(5, 2), tick);
                if (isHeld) contradicted = tick;
                Assert.True(isHeld || evidence.IsOf(3));
                if (report?.Stage != DataLossStage.Confirmed) continue;
                Assert.True(tick - contradicted >= Options.ElectionTicks);
            }
        });

    [Fact]
    public void A_later_round_that_contradicts_clears_at_once() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 12]).Array[1, 60].Sample(words =>
        {
            var evidence = new LossEvidence(N1, Options);
            var (tick, round) = (0, 0);
            foreach (var (isHeld, pause) in words)
            {
                evidence.Told(3, new RaftMessage.Heartbeat(0, ++round, At(7, 2)), isHeld ? At(7, 2) : At(5, 2), tick += pause);
                Assert.Equal(isHeld, evidence.Loss is null);
            }
        });

    // The rounds are the ticks, where nothing else is said.
    private DataLossReport? Lost(long tick) => Told(At(7, 2), At(5, 2), tick, tick);

    private DataLossReport? Held(long tick, long? round = null) => Told(At(5, 2), At(5, 2), round ?? tick, tick);

    private DataLossReport? Told(LogPosition acknowledged, LogPosition held, long round, long tick, long term = 3) =>
        _evidence.Told(term, new RaftMessage.Heartbeat(0, round, acknowledged), held, tick);
}
