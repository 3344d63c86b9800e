using System.Diagnostics;
using CsCheck;
using TinyKv.Testing.Linearizability;
using static TinyKv.Tests.Testing.Linearizability.Histories;
using Operation = TinyKv.Testing.Linearizability.Operation<
    TinyKv.Testing.Linearizability.RegisterInput, TinyKv.Testing.Linearizability.RegisterOutput>;

namespace TinyKv.Tests.Testing.Linearizability;

public sealed class CheckerTests
{
    private static readonly Checker<long, RegisterInput, RegisterOutput> Checker =
        new(new RegisterModel(), TimeSpan.FromMinutes(2));

    private static readonly Gen<List<Operation>> Small =
        from seed in Gen.Int[0, int.MaxValue]
        from clients in Gen.Int[1, 4]
        from operations in Gen.Int[1, 6]
        from compare in Gen.Bool
        select Legal(new Random(seed), clients, operations, 0.2, compare);

    public static TheoryData<string, object> LegalHistories => new()
    {
        { "nothing happened", List() },
        { "a read of a key that nobody wrote", List(Get(null, 1, 2)) },
        { "a read sees the write before it", List(Put(7, 1, 2), Get(7, 3, 4)) },
        { "a read may see a write that is under way", List(Put(7, 1, 9), Get(7, 2, 3), Get(7, 4, 5)) },
        { "or not yet", List(Put(7, 1, 9), Get(null, 2, 3), Get(7, 4, 5)) },
        { "a delete removes", List(Put(7, 1, 2), Delete(3, 4), Get(null, 5, 6)) },
        { "a write without an answer may never take effect", List(Put(7, 1, null), Get(null, 5, 6)) },
        { "or late", List(Put(7, 1, null), Get(null, 5, 6), Get(7, 7, 8)) },
        { "so may a delete", List(Put(7, 1, 2), Delete(3, null), Get(7, 4, 5), Get(null, 6, 7)) },
        { "compare-and-set writes over the expected value", List(Put(1, 1, 2), Swap(1, 2, true, 3, 4), Get(2, 5, 6)) },
        { "and over nothing else", List(Put(1, 1, 2), Swap(5, 2, false, 3, 4, 1), Get(1, 5, 6)) },
        { "and removes the expected value", List(Put(1, 1, 2), Swap(1, null, true, 3, 4), Get(null, 5, 6)) },
        { "two swaps of one value, of which one wins",
            List(Swap(null, 1, true, 1, 9), Swap(null, 2, false, 1, 9, 1), Get(1, 10, 11)) },
        { "a swap without an answer that won",
            List(Put(1, 1, 2), Swap(1, 2, null, 3, null), Swap(1, 3, false, 4, 5, 2), Get(2, 6, 7)) },
        { "two swaps without an answer, one over the other",
            List(Put(1, 1, null), Swap(1, 2, null, 3, null), Swap(2, 3, null, 4, null), Get(3, 5, 6)) },
        { "a swap without an answer removes what another wrote, seen by nobody else",
            List(Put(1, 1, 2), Swap(1, 2, null, 3, null), Swap(2, null, null, 5, null), Swap(null, 3, true, 8, 10)) },
        { "or the last of several",
            List(Put(9, 1, 2), Put(1, 3, null), Swap(1, 2, null, 3, null), Swap(2, 3, null, 4, null),
                Swap(3, null, null, 5, null), Get(null, 8, 10)) },
    };

    public static TheoryData<string, object> IllegalHistories => new()
    {
        { "a value from nowhere", List(Get(7, 1, 2)) },
        { "a stale read", List(Put(1, 1, 2), Put(2, 3, 4), Get(1, 5, 6)) },
        { "a lost write", List(Put(1, 1, 2), Get(null, 3, 4)) },
        { "a read that goes back", List(Put(1, 1, 20), Get(1, 2, 3), Get(null, 4, 5)) },
        { "a read from the future", List(Get(1, 1, 2), Put(1, 3, 4)) },
        { "a deleted value comes back", List(Put(1, 1, 2), Delete(3, 4), Get(null, 5, 6), Get(1, 7, 8)) },
        { "a write without an answer takes effect twice",
            List(Put(1, 1, null), Get(1, 2, 3), Put(2, 4, 5), Get(2, 6, 7), Get(1, 8, 9)) },
        { "two swaps of one value both win", List(Swap(null, 1, true, 1, 9), Swap(null, 2, true, 1, 9)) },
        { "a swap is refused over the expected value", List(Put(1, 1, 2), Swap(1, 2, false, 3, 4, 1)) },
        { "a swap sees a stale value", List(Put(1, 1, 2), Put(2, 3, 4), Swap(5, 6, false, 5, 6, 1)) },
        { "a swap without an answer that was seen, over a value that was gone",
            List(Put(1, 1, 2), Put(2, 3, 4), Swap(1, 5, null, 5, null), Get(5, 6, 7)) },
        { "a swap that was refused is read", List(Swap(5, 1, false, 1, 2), Get(1, 3, 4)) },
        { "readers disagree on the order of two writes",
            List(Put(1, 1, 20), Put(2, 1, 20), Get(1, 2, 3), Get(2, 4, 5), Get(1, 6, 7)) },
    };

    [Theory]
    [MemberData(nameof(LegalHistories))]
    public void What_one_register_can_do_is_linearizable(string name, object history)
    {
        var operations = (List<Operation>)history;
        Assert.True(Checker.Check(operations) is Verdict.Ok, name);
        Assert.True(Checker.Check(RegisterHistory.Simplify(operations)) is Verdict.Ok, $"{name}, simplified");
    }

    [Theory]
    [MemberData(nameof(IllegalHistories))]
    public void What_no_register_can_do_is_not(string name, object history)
    {
        var operations = (List<Operation>)history;
        Assert.True(Checker.Check(operations) is Verdict.Illegal, name);
        Assert.True(Checker.Check(RegisterHistory.Simplify(operations)) is Verdict.Illegal, $"{name}, simplified");
    }

    [Fact]
    public void Every_order_tried_by_hand_gives_the_same_verdict() => Small.Sample(legal =>
    {
        Assert.True(Everything.IsLegal(legal));
        Assert.True(Checker.IsLegal(legal));
    }, iter: 2000);

    [Fact]
    public void A_history_that_was_tampered_with_is_judged_as_by_trying_every_order()
    {
        var illegal = 0;
        Gen.Select(Small, Gen.Int[0, int.MaxValue]).Sample((history, seed) =>
        {
            var tampered = Tamper.With(history, new Random(seed));
            var expected = Everything.IsLegal(tampered);
            Assert.Equal(expected, Checker.IsLegal(tampered));
            Assert.Equal(expected, Checker.IsLegal(RegisterHistory.Simplify(tampered)));
            if (!expected) Interlocked.Increment(ref illegal);
        }, iter: 3000);
        Assert.True(illegal > 300, $"only {illegal} histories were illegal");
    }

    [Fact]
    public void Tens_of_thousands_of_operations_are_decided()
    {
        for (var key = 0; key < 200; key++)
        {
            var history = Legal(new Random(key), clients: 6, operations: 250, lost: 0.02, compare: key % 2 == 0);
            Assert.IsType<Verdict.Ok>(Checker.Check(RegisterHistory.Simplify(history)));
        }
        var longest = Legal(new Random(0), clients: 6, operations: 30_000, lost: 0, compare: true);
        Assert.IsType<Verdict.Ok>(Checker.Check(longest));
    }

    [Fact]
    public void One_stale_read_among_many_operations_is_found_and_explained_in_a_few_lines()
    {
        var history = Legal(new Random(1), clients: 8, operations: 400, lost: 0.01, compare: false);
        var end = history.Max(operation => operation.Returned ?? 0);
        List<Operation> stale =
        [
            .. history, Put(1001, end + 1, end + 2), Put(1002, end + 3, end + 4), Get(1001, end + 5, end + 6),
            Get(1002, end + 7, end + 8),
        ];
        var verdict = Assert.IsType<Verdict.Illegal>(Checker.Check(stale));
        Assert.Contains("get → 1001", verdict.Explanation, StringComparison.Ordinal);
        Assert.Contains("put 1002 → done", verdict.Explanation, StringComparison.Ordinal);
        Assert.True(verdict.Explanation.Split('\n').Length < 12, verdict.Explanation);
    }

    [Fact]
    public void A_search_that_takes_too_long_is_reported_as_undecided()
    {
        // Thirty writes at once, none of them read, and a read that none of their orders explains.
        var history = Enumerable.Range(1, 30).Select(value => Put(value, 0, 100)).ToList();
        history.Add(Get(99, 50, 60));
        history.Add(Put(99, 70, 80));
        var impatient = new Checker<long, RegisterInput, RegisterOutput>(new RegisterModel(), TimeSpan.Zero);
        var started = Stopwatch.GetTimestamp();
        Assert.IsType<Verdict.Unknown>(impatient.Check(history));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(1));
    }

    private static List<Operation> List(params List<Operation> operations) => operations;
}
