using TinyKv.Faults.Workload;
using TinyKv.Testing.Linearizability;
using static TinyKv.Tests.Testing.Linearizability.Histories;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Tests.Faults;

public sealed class WorkloadTests
{
    [Fact]
    public void A_write_called_before_a_fault_and_answered_after_it_is_no_service()
    {
        var book = new LoadHistory();
        book.Add("k", "gRPC", Put(1, called: 5, returned: 20));
        Assert.False(book.WroteSince(10, "gRPC"));
        book.Add("k", "gRPC", Put(2, called: 11, returned: 15));
        Assert.True(book.WroteSince(10, "gRPC"));
        Assert.False(book.WroteSince(10, "remoting"));
    }

    [Fact]
    public void Only_a_write_that_was_done_is_service()
    {
        var book = new LoadHistory();
        book.Add("k", "gRPC", Get(null, called: 11, returned: 12));
        book.Add("k", "gRPC", Put(1, called: 11, returned: null));
        book.Add("k", "gRPC", Swap(7, 2, succeeded: false, called: 11, returned: 12));
        Assert.False(book.WroteSince(10, "gRPC"));
        book.Add("k", "gRPC", Swap(null, 2, succeeded: true, called: 11, returned: 12));
        Assert.True(book.WroteSince(10, "gRPC"));
    }

    [Fact]
    public void The_longest_pause_is_between_answered_writes()
    {
        var book = new LoadHistory();
        book.Add("k", "gRPC", Put(1, called: 11, returned: 20));
        book.Add("k", "remoting", Swap(1, 2, succeeded: true, called: 50, returned: 60));
        book.Add("k", "gRPC", Get(2, called: 70, returned: 80));
        Assert.Equal(40, book.LongestPause(10, 90));
    }

    [Fact]
    public void Operations_are_counted_by_way_kind_and_outcome()
    {
        var tally = new Tally();
        tally.Add("remoting", Put(1, 1, 2));
        tally.Add("gRPC", Put(1, 1, null));
        tally.Add("gRPC", Swap(7, 2, succeeded: false, 1, 2));
        tally.Add("gRPC", new Operation(0, new RegisterInput.PutIfAbsent(3), new RegisterOutput.Swapped(true, null), 1, 2));
        Assert.Equal(["gRPC: 1 compare-and-set refused, 1 put unknown, 1 put-if-absent", "remoting: 1 put"], tally.Lines);
    }

    [Theory]
    [InlineData(128)]
    [InlineData(65536)]
    public void A_number_tells_all_bytes_of_its_value(int size)
    {
        var number = SizedValue.Number(42, size);
        var bytes = SizedValue.Encode(number);
        Assert.Equal(size, bytes.Length);
        Assert.Equal(number, SizedValue.Decode(bytes));
        Assert.Equal(long.MaxValue, SizedValue.Decode(bytes.AsSpan(..^1)));
    }

    [Fact]
    public void A_key_is_drawn_with_what_was_seen_of_it_last()
    {
        var (keys, random) = (new LiveKeys("k", 1), new Random(1));
        var (key, last) = keys.Draw(random);
        Assert.Null(last);
        keys.NoteSeen(key, 7);
        Assert.Equal((key, 7L), keys.Draw(random));
    }

    [Fact]
    public void A_key_is_retired_when_nobody_uses_it_any_more()
    {
        var (keys, random) = (new LiveKeys("k", 1), new Random(1));
        var first = keys.Draw(random).Key;
        for (var i = 0; i < 4; i++) keys.NoteUnknown(first);
        Assert.Empty(keys.TakeRetired(keep: 0));

        Assert.NotSame(first, keys.Draw(random).Key);
        Assert.Empty(keys.TakeRetired(keep: 0));

        keys.Release(first);
        Assert.Empty(keys.TakeRetired(keep: 1));
        Assert.Equal([first.Name], keys.TakeRetired(keep: 0));
        Assert.Empty(keys.TakeRetired(keep: 0));
    }

    [Fact]
    public void What_is_forgotten_is_not_checked_again_and_counts_all_the_same()
    {
        var book = new LoadHistory();
        book.Add("wrong", "gRPC", Get(7, called: 1, returned: 2));
        Assert.Single(book.Check(TimeSpan.FromSeconds(10), ["wrong"]));

        book.Forget(["wrong"]);

        Assert.Empty(book.Keys);
        Assert.Empty(book.Check(TimeSpan.FromSeconds(10)));
        Assert.Equal(1, book.Answered);
    }
}
