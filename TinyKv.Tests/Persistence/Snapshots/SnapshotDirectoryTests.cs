using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Snapshots;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Snapshots;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Snapshots;

public sealed class SnapshotDirectoryTests : IDisposable
{
    private static readonly Region Region = new(
        new RegionId(7), KeyRange.All, RegionEpoch.Initial, [new Peer(new PeerId(71), new StoreId(1))]);

    private static readonly SnapshotHeader Header = new(Region, new LogPosition(100, 7));

    private readonly TemporaryDirectory _directory = new();
    private readonly SnapshotDirectory _staging;

    public SnapshotDirectoryTests() => _staging = new SnapshotDirectory(_directory["snapshots"]);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_whole_is_found_after_a_restart_and_what_is_not_is_not()
    {
        using (var assembly = new SnapshotAssembly(_staging, Header))
        {
            assembly.Add(Chunk(SnapshotCursor.Start, "a", "b"));
            Assert.Null(Again.Find(Region.Id));
            assembly.Add(new SnapshotChunk(Header.Applied, assembly.At, [], assembly.At with
            {
                Family = ColumnFamily.Write,
                After = default,
            }, IsLast: true));
            assembly.Complete();
        }

        var found = Again.Find(Region.Id);

        Assert.Equal(Header.Applied, found!.Header.Applied);
        Assert.Equal<Peer>(Region.Peers, found.Header.Region.Peers);
        Assert.Equal((ColumnFamily.Default, 2), (Assert.Single(found.Tables).Family, found.Tables[0].Pairs));
        Again.Discard(Region.Id);
        Assert.Null(Again.Find(Region.Id));
        Assert.Empty(Again.Regions);
    }

    [Fact]
    public void A_snapshot_without_pairs_is_whole_as_well()
    {
        using var assembly = new SnapshotAssembly(_staging, Header);
        assembly.Add(new SnapshotChunk(
            Header.Applied, SnapshotCursor.Start, [], SnapshotCursor.Start with { Family = ColumnFamily.Write }, IsLast: true));
        assembly.Complete();

        Assert.Empty(Again.Find(Region.Id)!.Tables);
    }

    [Theory]
    [InlineData("a table is gone")]
    [InlineData("a table is cut off")]
    [InlineData("the manifest has another byte")]
    public void A_snapshot_that_was_whole_and_is_not_is_damage(string damage)
    {
        Whole();
        var table = Assert.Single(Directory.GetFiles(_directory["snapshots/7"], "*.sst"));
        switch (damage)
        {
            case "a table is gone": File.Delete(table); break;
            case "a table is cut off": File.WriteAllBytes(table, File.ReadAllBytes(table)[..^1]); break;
            default:
                var bytes = File.ReadAllBytes(_directory["snapshots/7/manifest"]);
                bytes[3] ^= 1;
                File.WriteAllBytes(_directory["snapshots/7/manifest"], bytes);
                break;
        }

        var failure = Assert.Throws<StorageFailedException>(() => Again.Find(Region.Id));

        Assert.True(failure.IsDamage);
        Assert.Contains(_directory["snapshots/7"], failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chunk_that_is_not_the_next_one_is_refused_and_the_next_one_still_taken()
    {
        using var assembly = new SnapshotAssembly(_staging, Header);
        var first = Chunk(SnapshotCursor.Start, "a", "b");
        assembly.Add(first);

        Assert.Throws<SnapshotDamagedException>(() => assembly.Add(first));
        assembly.Add(Chunk(first.Next, "c"));

        Assert.Equal(3, assembly.At.Pairs);
    }

    [Fact]
    public void What_was_begun_before_does_not_come_into_the_next_one()
    {
        Whole();
        using var assembly = new SnapshotAssembly(_staging, Header);

        Assert.Null(Again.Find(Region.Id));
        Assert.False(Directory.Exists(_directory["snapshots/7"]));
    }

    private SnapshotDirectory Again => new(_directory["snapshots"]);

    private void Whole()
    {
        using var assembly = new SnapshotAssembly(_staging, Header);
        var chunk = Chunk(SnapshotCursor.Start, "a");
        assembly.Add(chunk);
        assembly.Add(new SnapshotChunk(
            Header.Applied, chunk.Next, [], chunk.Next with { Family = ColumnFamily.Write, After = default }, IsLast: true));
        assembly.Complete();
    }

    private static SnapshotChunk Chunk(SnapshotCursor from, params string[] keys)
    {
        var pairs = keys.Select(key => new SnapshotPair(System.Text.Encoding.UTF8.GetBytes(key), new byte[3])).ToList();
        return new SnapshotChunk(Header.Applied, from, [.. pairs], new SnapshotCursor(
            ColumnFamily.Default, pairs[^1].Key, from.Pairs + pairs.Count,
            from.Bytes + pairs.Sum(pair => pair.Bytes)), IsLast: false);
    }
}
