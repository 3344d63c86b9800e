using CsCheck;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Core.Regions;

public sealed class SplitPointTests
{
    private static readonly Gen<(ColumnFamily Family, byte Key, int Bytes)[]> Pairs = Gen
        .Select(Gen.Int[0, 2].Select(i => ColumnFamilies.OfClients[i]), Gen.Byte[0, 9], Gen.Int[0, 20]).Array[0, 30];

    [Fact]
    public void All_bytes_of_a_range_are_counted_and_the_left_half_is_as_large_as_wanted_and_no_larger_than_one_key() =>
        Gen.Select(Pairs, Gen.Byte[0, 5], Gen.Int[1, 100]).Sample((drawn, start, wanted) =>
        {
            using var engine = new MemoryEngine();
            var pairs = drawn.DistinctBy(pair => (pair.Family, pair.Key)).ToList();
            using (var batch = engine.NewBatch())
            {
                foreach (var (family, key, bytes) in pairs) batch.Put(family, [key], new byte[bytes]);
                engine.Write(batch, sync: false);
            }
            var inside = pairs.Where(pair => pair.Key >= start && pair.Key < 9).ToList();
            using var snapshot = engine.Snapshot();

            var point = SplitPoint.Find(snapshot, new KeyRange(new[] { start }, new byte[] { 9 }), wanted, long.MaxValue);

            Assert.Equal((inside.Sum(pair => pair.Bytes + 1), true), (point.TotalBytes, point.IsWhole));
            var soon = SplitPoint.Find(snapshot, new KeyRange(new[] { start }, new byte[] { 9 }), wanted, wanted);
            Assert.Equal(point.Key, soon.Key);
            Assert.Equal(point.LeftBytes, soon.LeftBytes);
            Assert.True(soon.TotalBytes <= point.TotalBytes && (soon.IsWhole || soon.TotalBytes >= wanted));
            if (point.Key is not [var at])
            {
                var last = inside.Select(pair => pair.Key).DefaultIfEmpty().Max();
                Assert.True(inside.Where(pair => pair.Key != last).Sum(pair => pair.Bytes + 1) < wanted);
                return;
            }
            Assert.True(at > start);
            var left = inside.Where(pair => pair.Key < at).ToList();
            Assert.Equal(left.Sum(pair => pair.Bytes + 1), point.LeftBytes);
            Assert.True(point.LeftBytes >= wanted);
            var beforeLast = left.Where(pair => pair.Key != left.Max(last => last.Key)).ToList();
            Assert.True(beforeLast.Sum(pair => pair.Bytes + 1) < wanted);
            Assert.Contains(inside, pair => pair.Key == at);
        }, iter: 5000);
}
