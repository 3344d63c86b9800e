using TinyKv.Testing.Ycsb;

namespace TinyKv.Tests.Testing.Ycsb;

public sealed class YcsbTests
{
    private const int Draws = 200_000;

    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    public void Each_number_comes_as_often_as_its_rank_says(int items)
    {
        var (zipfian, random) = (new Zipfian(items), new Random(1));
        var seen = new int[items];
        for (var i = 0; i < Draws; i++) seen[zipfian.At(random.NextDouble())]++;

        var zeta = Enumerable.Range(1, items).Sum(rank => Math.Pow(rank, -0.99));
        Assert.InRange(seen[0] / (double)Draws, 0.95 / zeta, 1.05 / zeta);
        Assert.InRange(seen[1] / (double)Draws, 0.95 * Math.Pow(2, -0.99) / zeta, 1.05 * Math.Pow(2, -0.99) / zeta);
        // Beyond the second the published method is an approximation; halves of the ranks must fit all the same.
        var half = Enumerable.Range(1, items / 2).Sum(rank => Math.Pow(rank, -0.99)) / zeta;
        Assert.InRange(seen.Take(items / 2).Sum() / (double)Draws, half - 0.05, half + 0.05);
        Assert.All(seen.TakeLast(items / 2), times => Assert.True(items > 10 || times > 0));
    }

    [Fact]
    public void A_distribution_that_has_grown_is_as_one_made_in_that_size()
    {
        var (made, grown) = (new Zipfian(5000), new Zipfian(3).GrownTo(100).GrownTo(5000));
        for (var u = 0.0; u < 1; u += 0.0007) Assert.Equal(made.At(u), grown.At(u));
    }

    [Fact]
    public void Scrambled_records_spread_over_all_and_the_hottest_has_its_share()
    {
        const int Records = 1000;
        var chooser = new ScrambledZipfianChooser(new AcknowledgedCounter(Records), Records);
        var seen = Count(chooser, Records);

        var hottest = Array.IndexOf(seen, seen.Max());
        Assert.Equal(YcsbKeys.Hash(0) % Records, hottest);
        // One part of the sum, and what the others that fall onto the same record add.
        Assert.InRange(seen[hottest] / (double)Draws, 1 / 26.5, 1.2 / 26.5);
        Assert.InRange(seen.Take(Records / 2).Sum() / (double)Draws, 0.35, 0.65);
        Assert.DoesNotContain(0, seen);
    }

    [Fact]
    public void Records_that_are_not_there_yet_are_not_chosen()
    {
        var chooser = new ScrambledZipfianChooser(new AcknowledgedCounter(10), 1000);
        Assert.All(Count(chooser, 1000, draws: 2000).Skip(10), times => Assert.Equal(0, times));
    }

    [Fact]
    public void The_latest_records_are_chosen_most_often_and_none_beyond_the_last()
    {
        var records = new AcknowledgedCounter(100);
        var chooser = new LatestChooser(records);
        Assert.Equal(99, Mode(Count(chooser, 200)));

        for (var i = 0; i < 50; i++) records.Acknowledge(records.Next());
        var seen = Count(chooser, 200);
        Assert.Equal(149, Mode(seen));
        Assert.All(seen.Skip(150), times => Assert.Equal(0, times));
        Assert.True(seen[0] > 0);
    }

    [Fact]
    public void A_record_that_is_missing_holds_back_those_after_it()
    {
        var records = new AcknowledgedCounter(10);
        Assert.Equal((10, 11, 12), (records.Next(), records.Next(), records.Next()));
        records.Acknowledge(11);
        records.Acknowledge(12);
        Assert.Equal(9, records.Last);
        records.Acknowledge(10);
        Assert.Equal(12, records.Last);
    }

    // FNV-1a of the eight octets, as published; YCSB leaves the sign out.
    [Theory]
    [InlineData(0, 6284781860667377211)]
    [InlineData(1, 8517097267634966620)]
    public void The_hash_is_the_one_of_the_benchmark(long number, long hash) =>
        Assert.Equal(hash, YcsbKeys.Hash(number));

    [Fact]
    public void Keys_lie_in_their_range()
    {
        var (first, end) = YcsbKeys.Range;
        for (var record = 0; record < 1000; record++)
        {
            var key = YcsbKeys.Of(record);
            Assert.True(first.AsSpan().SequenceCompareTo(key) < 0 && key.AsSpan().SequenceCompareTo(end) < 0);
        }
    }

    [Fact]
    public void The_parts_of_a_mix_are_a_hundred()
    {
        Assert.Equal("ABCFDE", string.Concat(YcsbMix.All.Select(mix => mix.Name)));
        Assert.All(YcsbMix.All, mix => Assert.Equal(100, mix.Read + mix.Update + mix.Insert + mix.Scan + mix.Modify));
    }

    [Fact]
    public void A_record_with_a_new_field_keeps_the_others()
    {
        var random = new Random(3);
        var record = YcsbRecords.New(random);
        var changed = YcsbRecords.WithNewField(record, random);
        Assert.Equal(1000, record.Length);
        Assert.Single(Enumerable.Range(0, YcsbRecords.Fields),
            field => !Field(record, field).SequenceEqual(Field(changed, field)));

        static ReadOnlySpan<byte> Field(byte[] whole, int field) =>
            whole.AsSpan(field * YcsbRecords.FieldBytes, YcsbRecords.FieldBytes);
    }

    private static int[] Count(IRecordChooser chooser, int records, int draws = Draws)
    {
        var (seen, random) = (new int[records], new Random(2));
        for (var i = 0; i < draws; i++) seen[chooser.Next(random)]++;
        return seen;
    }

    private static int Mode(int[] seen) => Array.IndexOf(seen, seen.Max());
}
