using CsCheck;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Core.Snapshots;

public sealed class ChunkReaderTests
{
    // Few keys, so that they meet the bounds of regions; values up to several chunks long.
    private static readonly Gen<byte[]> Key = Gen.Byte[1, 4].Array[1, 3];

    private static readonly Gen<(ColumnFamily Family, byte[] Key, byte[] Value)[]> Pairs = Gen.Select(
        Gen.Enum<ColumnFamily>().Where(family => family != ColumnFamily.Meta), Key, Gen.Byte.Array[0, 12]).Array[0, 60];

    private static readonly Gen<KeyRange> Range = Gen.Select(Key, Gen.OneOf(Key, Gen.Const(Array.Empty<byte>())))
        .Select((start, end) => new KeyRange(start, end)).Where(range => !range.IsEmpty);

    [Fact]
    public void All_chunks_together_are_the_range_whatever_the_cut() =>
        Gen.Select(Pairs, Range, Gen.Int[1, 40]).Sample((pairs, range, maxBytes) =>
        {
            using var engine = EngineOf(pairs);
            using var snapshot = engine.Snapshot();

            var chunks = Chunks(snapshot, Header(range), SnapshotCursor.Start, maxBytes);

            Assert.Equal(Content(snapshot, range), chunks.SelectMany(Texts));
            Assert.Equal(chunks.Sum(chunk => chunk.Pairs.Length), chunks[^1].Next.Pairs);
            Assert.Equal(chunks.Sum(chunk => chunk.Pairs.Sum(pair => pair.Bytes)), chunks[^1].Next.Bytes);
        }, iter: 1000);

    [Fact]
    public void From_every_place_the_rest_is_the_same() =>
        Gen.Select(Pairs, Range, Gen.Int[1, 40], Gen.Int[1, 40]).Sample((pairs, range, maxBytes, otherwise) =>
        {
            using var engine = EngineOf(pairs);
            using var snapshot = engine.Snapshot();
            var all = Content(snapshot, range);

            foreach (var chunk in Chunks(snapshot, Header(range), SnapshotCursor.Start, maxBytes))
            {
                var rest = Chunks(snapshot, Header(range), chunk.From, otherwise);
                Assert.Equal(all.Skip((int)chunk.From.Pairs), rest.SelectMany(Texts));
            }
        }, iter: 300);

    [Fact]
    public void A_chunk_is_of_one_family_and_within_its_bound_unless_it_is_one_pair() =>
        Gen.Select(Pairs, Range, Gen.Int[1, 40]).Sample((pairs, range, maxBytes) =>
        {
            using var engine = EngineOf(pairs);
            using var snapshot = engine.Snapshot();

            foreach (var chunk in Chunks(snapshot, Header(range), SnapshotCursor.Start, maxBytes))
                Assert.True(chunk.Pairs.Length <= 1 || chunk.Pairs.Sum(pair => pair.Bytes) <= maxBytes);
        }, iter: 300);

    [Fact]
    public void Every_chunk_is_taken_as_the_next_one_and_no_other_is() =>
        Gen.Select(Pairs, Range, Gen.Int[1, 40]).Sample((pairs, range, maxBytes) =>
        {
            using var engine = EngineOf(pairs);
            using var snapshot = engine.Snapshot();
            var chunks = Chunks(snapshot, Header(range), SnapshotCursor.Start, maxBytes);

            foreach (var at in chunks)
                foreach (var chunk in chunks)
                    Assert.Equal(at.From == chunk.From, ChunkRules.Problem(Header(range), at.From, chunk) is null);
        }, iter: 300);

    [Theory]
    [InlineData("a key is missing", "ends at")]
    [InlineData("a value is longer", "ends at")]
    [InlineData("keys in the wrong order", "ascend")]
    [InlineData("a key outside", "outside")]
    [InlineData("it claims to be the last", "last one")]
    [InlineData("a family of the store", "nothing more")]
    [InlineData("of another snapshot", "101")]
    [InlineData("nothing in it", "empty")]
    public void A_chunk_that_was_made_up_is_refused(string what, string because)
    {
        var header = Header(new KeyRange(new byte[] { 1 }, new byte[] { 4 }));
        using var engine = EngineOf([
            (ColumnFamily.Default, [1], [1]), (ColumnFamily.Default, [2], [1]), (ColumnFamily.Write, [2], [1])]);
        using var snapshot = engine.Snapshot();
        var chunk = ChunkReader.Read(snapshot, header, SnapshotCursor.Start);
        Assert.Null(ChunkRules.Problem(header, SnapshotCursor.Start, chunk));

        var wrong = what switch
        {
            "a key is missing" => chunk with { Pairs = chunk.Pairs[..1] },
            "a value is longer" => chunk with { Pairs = [chunk.Pairs[0] with { Value = new byte[9] }, chunk.Pairs[1]] },
            "keys in the wrong order" => chunk with { Pairs = [chunk.Pairs[1], chunk.Pairs[0]] },
            "a key outside" => chunk with { Pairs = [chunk.Pairs[0], chunk.Pairs[1] with { Key = new byte[] { 4 } }] },
            "it claims to be the last" => chunk with { IsLast = true },
            "a family of the store" => chunk with { Next = chunk.Next with { Family = ColumnFamily.Meta } },
            "of another snapshot" => chunk with { Applied = new LogPosition(101, 7) },
            _ => new SnapshotChunk(header.Applied, SnapshotCursor.Start, [], SnapshotCursor.Start, IsLast: false),
        };

        Assert.Contains(because, ChunkRules.Problem(header, SnapshotCursor.Start, wrong), StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_of_placement_holds_what_placement_keeps_and_no_other_records()
    {
        using var engine = new MemoryEngine();
        var region = new Region(RegionId.Placement, KeyRange.All, RegionEpoch.Initial, []);
        MetaRecords.Create(engine, [new RegionRecord(region), new RegionRecord(Header(KeyRange.All).Region)]);
        using var batch = engine.NewBatch();
        BatchWriter.Write(batch, [new PlacementState(7, 8).Save()], region);
        var (other, longer) = (MetaKeys.Of(region.Id, (byte)'c'), (byte[])[.. MetaKeys.Of(region.Id, (byte)'s'), 9]);
        batch.Put(ColumnFamily.Meta, other, "c"u8);
        batch.Put(ColumnFamily.Meta, longer, "s"u8);
        MetaRecords.WriteSnapshot(batch, region.Id, new LogPosition(3, 3));
        engine.Write(batch, sync: false);
        using var snapshot = engine.Snapshot();

        var chunk = ChunkReader.Read(snapshot, new SnapshotHeader(region, new LogPosition(100, 7)), SnapshotCursor.Start);

        Assert.True(chunk.IsLast);
        Assert.Equal(
            [other, MetaKeys.Of(RegionId.Placement, MetaKeys.PlacementState), longer],
            chunk.Pairs.Select(pair => pair.Key.ToArray()));
    }

    private static List<SnapshotChunk> Chunks(ISnapshot snapshot, SnapshotHeader header, SnapshotCursor from, int maxBytes)
    {
        var chunks = new List<SnapshotChunk>();
        do chunks.Add(ChunkReader.Read(snapshot, header, chunks.Count == 0 ? from : chunks[^1].Next, maxBytes));
        while (!chunks[^1].IsLast);
        return chunks;
    }

    private static IEnumerable<string> Texts(SnapshotChunk chunk) => chunk.Pairs.Select(
        pair => Text(chunk.Next.Family, pair.Key.Span, pair.Value.Span));

    private static List<string> Content(ISnapshot snapshot, KeyRange range)
    {
        var content = new List<string>();
        foreach (var family in ColumnFamilies.OfClients)
        {
            using var walk = snapshot.Iterate(family, range);
            while (walk.MoveNext()) content.Add(Text(family, walk.Key, walk.Value));
        }
        return content;
    }

    private static string Text(ColumnFamily family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        $"{family} {Convert.ToHexString(key)}={Convert.ToHexString(value)}";

    private static SnapshotHeader Header(KeyRange range) =>
        new(new Region(new RegionId(7), range, RegionEpoch.Initial, []), new LogPosition(100, 7));

    private static MemoryEngine EngineOf(IEnumerable<(ColumnFamily Family, byte[] Key, byte[] Value)> pairs)
    {
        var engine = new MemoryEngine();
        using var batch = engine.NewBatch();
        foreach (var (family, key, value) in pairs) batch.Put(family, key, value);
        engine.Write(batch, sync: false);
        return engine;
    }
}
