using TinyKv.Core;
using TinyKv.Core.Raft;

namespace TinyKv.Tests.Core.Raft;

public sealed class JournalReplayTests
{
    private static readonly InitialState Initial = new(Peers.Voters(Peers.N1), InitialState.Origin);

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
        _replay.Take(1, Initial);
        Assert.Equal("event 2 is an initial state behind event 1", Refusal(() => _replay.Take(2, Initial)));
    }

    [Fact]
    public void Records_alone_make_no_member()
    {
        _replay.Take(1, Record(6));

        Assert.Equal("there are records, but no initial state and no checkpoint before them", Refusal(() => _replay.End(1)));
    }

    // Deletion up to a checkpoint: none of it, some, and all.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_checkpoint_takes_the_place_of_whatever_is_left_of_the_events_before_it(int first)
    {
        if (first == 1) _replay.Take(1, Initial);
        for (var number = Math.Max(first, 2); number < 4; number++) _replay.Take(number, Record(number + 4));
        _replay.Take(4, Checkpoint);
        _replay.Take(5, Record(8));
        _replay.End(5);

        var member = _replay.Member!;
        Assert.Equal((7, 8, 6), (member.FirstIndex, member.Last.Index, member.Term));
        Assert.Equal(new PeerId(1), member.Vote);
    }

    [Fact]
    public void What_was_deleted_while_it_was_read_is_not_missed()
    {
        _replay.Take(1, Initial);
        _replay.Take(4, Checkpoint);
        _replay.End(4);

        Assert.Equal(7, _replay.Member!.Last.Index);
    }

    private static RaftCheckpoint Checkpoint => new(Initial with { Truncated = new LogPosition(6, 6) }, Record(7));

    private static RaftRecord Record(long index) =>
        new(6, new PeerId(1), [new Entry(new LogPosition(index, 6), EntryKind.NoOp, default)]);

    private static string Refusal(Action take) => Assert.Throws<InvariantViolationException>(take).Message;
}
