using CsCheck;
using TinyKv.Core;
using TinyKv.Core.Raft;
using static TinyKv.Tests.Core.Raft.Peers;

namespace TinyKv.Tests.Core.Raft;

public sealed class RaftLogTests
{
    private static readonly Gen<long[]> Terms = Gen.Long[0, 3].Array[0, 12].Select(Ascending);

    [Fact]
    public void A_log_begins_behind_its_truncated_position()
    {
        var log = new RaftLog(At(5, 2), Voters(N1));
        Assert.Equal(At(5, 2), log.Last);
        Assert.Equal(6, log.FirstIndex);
        Assert.True(log.Matches(At(5, 2)));
        Assert.False(log.Matches(At(4, 2)));
    }

    [Fact]
    public void Entries_that_are_there_already_stay_with_all_that_follows_them()
    {
        var log = Log(1, 1, 2);
        log.Merge(Entries(1, 1, 1).AsSpan());
        Assert.Equal(At(3, 2), log.Last);
    }

    [Fact]
    public void A_conflict_removes_everything_from_its_index_on()
    {
        var log = Log(1, 1, 1, 1);
        log.Merge(Entries(2, 1, 2).AsSpan());
        Assert.Equal(At(3, 2), log.Last);
        Assert.Equal(1, log.TermAt(2));
    }

    [Fact]
    public void What_is_committed_is_never_overwritten()
    {
        var log = Log(1, 1);
        log.CommitTo(2);
        Assert.Throws<InvariantViolationException>(() => log.Merge(Entries(2, 2).AsSpan()));
    }

    [Fact]
    public void A_gap_and_a_falling_term_are_refused()
    {
        Assert.Throws<InvariantViolationException>(() => Log(1).Append(Entries(3, 1).AsSpan()));
        Assert.Throws<InvariantViolationException>(() => Log(2).Append(Entries(2, 1).AsSpan()));
    }

    [Fact]
    public void The_end_cannot_be_committed_beyond() =>
        Assert.Throws<InvariantViolationException>(() => Log(1).CommitTo(2));

    [Fact]
    public void A_merge_ends_up_with_the_leaders_entries_and_keeps_what_agrees() =>
        Gen.Select(Terms, Terms).Sample((mine, theirs) =>
        {
            var log = Log(mine);
            log.Merge(Entries(1, theirs).AsSpan());
            var agreed = mine.Zip(theirs, (a, b) => a == b).TakeWhile(same => same).Count();
            long[] expected = agreed == theirs.Length ? mine : theirs;
            Assert.Equal(expected, log.Slice(1, 100, long.MaxValue).Select(e => e.Term));
        });

    [Fact]
    public void The_guess_where_logs_agree_is_the_last_position_within_the_bound() =>
        Gen.Select(Terms, Gen.Long[0, 14], Gen.Long[0, 4]).Sample((terms, index, term) =>
        {
            var guess = Log(terms).LastWithin(At(index, term));
            var expected = terms.Take((int)index).TakeWhile(t => t <= term).Count();
            Assert.Equal(expected, guess.Index);
        });

    [Fact]
    public void A_slice_is_bounded_in_entries_and_bytes_and_has_at_least_one_entry() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 10], Gen.Int[1, 5], Gen.Long[0, 20]).Sample((sizes, max, bytes) =>
        {
            var log = new RaftLog(LogPosition.Zero, Voters(N1));
            log.Append([.. sizes.Select((size, i) =>
                new Entry(At(i + 1, 1), EntryKind.Command, new byte[size]))]);

            var slice = log.Slice(1, max, bytes);

            Assert.InRange(slice.Length, 1, max);
            Assert.Equal(sizes.Take(slice.Length).Sum(), log.Bytes - log.BytesAfter(slice.Length));
            if (slice.Length > 1) Assert.True(sizes.Take(slice.Length).Sum() <= bytes);
            var isLongest = slice.Length == Math.Min(max, sizes.Length)
                || sizes.Take(slice.Length + 1).Sum() > bytes;
            Assert.True(isLongest);
        });

    [Fact]
    public void Nothing_is_sliced_behind_the_end() => Assert.Empty(Log(1, 1).Slice(3, 10, 10));

    [Fact]
    public void A_record_holds_what_changed_since_the_one_before()
    {
        var log = Log(1, 1);
        Assert.Equal(2, log.BeginWrite().Length);
        Assert.False(log.HasUnrecorded);
        log.Append(Entries(2, 2, 2).AsSpan());
        Assert.Equal([At(2, 2), At(3, 2)], log.BeginWrite().Select(e => e.Position));
    }

    [Fact]
    public void Entries_are_applied_once_and_only_when_committed_and_durable()
    {
        var log = Log(1, 1, 1);
        log.CommitTo(2);
        Assert.Empty(log.TakeApplicable());
        log.BeginWrite();
        log.EndWrite();
        Assert.Equal([1, 2], log.TakeApplicable().Select(e => e.Index));
        Assert.Empty(log.TakeApplicable());
        log.CommitTo(3);
        Assert.Equal([3], log.TakeApplicable().Select(e => e.Index));
    }

    [Fact]
    public void An_overwritten_entry_is_not_durable_because_its_predecessor_was_written()
    {
        var log = Log(1, 1);
        log.BeginWrite();
        log.Append(Entries(2, 2).AsSpan());
        log.BeginWrite();
        log.EndWrite();
        log.CommitTo(2);
        Assert.Equal(1, log.Durable);
        Assert.Equal([At(1, 1)], log.TakeApplicable().Select(e => e.Position));
        log.EndWrite();
        Assert.Equal([At(2, 2)], log.TakeApplicable().Select(e => e.Position));
    }

    [Fact]
    public void Compaction_moves_the_beginning_and_nothing_else() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 12], Gen.Int[0, 12]).Sample((sizes, draw) =>
        {
            var log = Applied(sizes);
            var end = Math.Min(draw, sizes.Length);

            log.Compact(log.PositionAt(end));

            Assert.Equal((end, end + 1, sizes.Length), (log.Truncated.Index, log.FirstIndex, log.Last.Index));
            Assert.Equal(sizes.Skip(end).Sum(), log.Bytes);
            for (var index = end; index <= sizes.Length; index++)
                Assert.Equal(sizes.Skip(index).Sum(), log.BytesAfter(index));
            Assert.Equal(sizes.Skip(end), log.Slice(end + 1, 100, long.MaxValue).Select(entry => entry.Data.Length));
            log.Append([new Entry(At(sizes.Length + 1, 1), EntryKind.Command, new byte[3])]);
            Assert.Equal(sizes.Skip(end).Sum() + 3, log.Bytes);
        });

    [Fact]
    public void What_the_state_machine_was_not_given_is_not_compacted()
    {
        var log = Log(1, 1);
        log.BeginWrite();
        log.EndWrite();
        log.CommitTo(1);
        log.TakeApplicable();
        Assert.Throws<InvariantViolationException>(() => log.Compact(At(2, 1)));
        Assert.Throws<InvariantViolationException>(() => log.Compact(At(1, 2)));
        log.Compact(At(1, 1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_state_machine_outside_the_log_is_refused(long applied) =>
        Assert.Throws<InvariantViolationException>(() => Log(1, 1).Open(applied));

    private static RaftLog Log(params long[] terms)
    {
        var log = new RaftLog(LogPosition.Zero, Voters(N1));
        log.Append(Entries(1, terms).AsSpan());
        return log;
    }

    private static RaftLog Applied(int[] sizes)
    {
        var log = new RaftLog(LogPosition.Zero, Voters(N1));
        log.Append([.. sizes.Select((size, i) => new Entry(At(i + 1, 1), EntryKind.Command, new byte[size]))]);
        log.BeginWrite();
        log.EndWrite();
        log.CommitTo(sizes.Length);
        log.TakeApplicable();
        return log;
    }

    private static long[] Ascending(long[] terms) => [.. terms.Order()];
}
