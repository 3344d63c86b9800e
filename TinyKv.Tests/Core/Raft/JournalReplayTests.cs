using TinyKv.Core;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class JournalReplayTests
{
    private static readonly InitialState Initial = new([new PeerId(1)], InitialState.Origin);

    private readonly JournalReplay _replay = new(
        initial => new RaftCore(new PeerId(1), initial, new RaftOptions(), new Random(1)));

    [Fact]
    public void A_journal_whose_events_follow_each_other_makes_a_member()
    {
        _replay.Take(1, Initial);
        _replay.Take(2, Record(6));
        _replay.Take(3, Record(7));
        _replay.End(3);

        Assert.Equal(7, _replay.Member!.Last.Index);
    }

    [Fact]
    public void An_empty_journal_makes_none()
    {
        _replay.End(0);

        Assert.Null(_replay.Member);
    }

    [Fact]
    public void A_record_that_is_missing_in_the_middle_is_not_passed_over()
    {
        _replay.Take(1, Initial);

        Assert.Equal("event 3 follows event 1", Refusal(() => _replay.Take(3, new RaftRecord(9, new PeerId(1), []))));
    }

    [Fact]
    public void Records_that_are_missing_at_the_end_are_missed()
    {
        _replay.Take(1, Initial);

        Assert.Equal("the events end with 1, but 4 were written", Refusal(() => _replay.End(4)));
    }

    [Fact]
    public void A_journal_of_which_only_the_highest_number_is_left_is_not_empty() =>
        Assert.Equal("the events end with 0, but 4 were written", Refusal(() => _replay.End(4)));

    [Fact]
    public void The_initial_state_comes_first_and_once()
    {
        Assert.Equal("event 1 is a record before the initial state", Refusal(() => _replay.Take(1, Record(6))));
        _replay.Take(1, Initial);
        Assert.Equal("event 2 is a second initial state", Refusal(() => _replay.Take(2, Initial)));
    }

    private static RaftRecord Record(long index) =>
        new(6, new PeerId(1), [new Entry(new LogPosition(index, 6), EntryKind.NoOp, default)]);

    private static string Refusal(Action take) => Assert.Throws<InvariantViolationException>(take).Message;
}
