using System.Buffers.Binary;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Engine;

/// <summary>An engine whose files are damaged says so; it never passes off what is missing as absent.</summary>
[Trait("lane", "slow")]
public sealed class DamagedEngineTests : IDisposable
{
    private const int Keys = 200;

    private readonly TemporaryDirectory _directory = new();
    private readonly List<StorageFailedException> _failures = [];

    public DamagedEngineTests()
    {
        using (var engine = RocksEngine.Open(_directory.Path)) Write(engine);
        // What the log holds goes to tables when it is opened again.
        RocksEngine.Open(_directory.Path).Dispose();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_read_over_a_damaged_block_fails_with_its_file_and_column_family_and_is_reported_once()
    {
        var table = Damage.Block(_directory.Path);
        using var engine = Open();
        using var snapshot = engine.Snapshot();

        var failures = Enumerable.Range(0, Keys).Select(i => Failure(() => snapshot.Get(ColumnFamily.Default, Key(i))))
            .OfType<StorageFailedException>().ToList();

        Assert.NotEmpty(failures);
        Assert.All(failures, failure => Assert.Contains(
            "column family default, is damaged", failure.Message, StringComparison.Ordinal));
        Assert.Contains(Path.GetFileName(table), Assert.Single(_failures).Message, StringComparison.Ordinal);
        Assert.Contains("tinykv check", _failures[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_walk_over_a_damaged_block_fails_instead_of_ending(bool reverse)
    {
        Damage.Block(_directory.Path);
        using var engine = Open();
        using var snapshot = engine.Snapshot();
        using var pairs = reverse ? snapshot.IterateReverse(ColumnFamily.Default, KeyRange.All)
            : snapshot.Iterate(ColumnFamily.Default, KeyRange.All);

        Assert.Throws<StorageFailedException>(() =>
        {
            while (pairs.MoveNext()) { }
        });
        Assert.Single(_failures);
    }

    [Fact]
    public void A_damaged_block_that_a_compaction_finds_is_reported_without_a_read_or_a_write()
    {
        Damage.Block(_directory.Path);
        // Another table of the same keys: one alone would only be moved.
        using (var second = RocksEngine.Open(_directory.Path)) Write(second);
        using var engine = Open();

        engine.Database.CompactRange((byte[]?)null, null, engine.Handle(ColumnFamily.Default));

        Assert.True(SpinWait.SpinUntil(() => _failures.Count > 0, TimeSpan.FromSeconds(20)));
        Assert.Contains("is damaged", _failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_asks_after_the_failure_is_told_as_well()
    {
        Damage.Block(_directory.Path);
        using var engine = Open();
        using var snapshot = engine.Snapshot();
        foreach (var i in Enumerable.Range(0, Keys)) Failure(() => snapshot.Get(ColumnFamily.Default, Key(i)));

        var late = new List<StorageFailedException>();
        engine.WhenFailed(late.Add);

        Assert.Same(_failures[0], Assert.Single(late));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("missing")]
    public void A_table_that_is_not_whole_is_found_when_the_engine_is_opened(string how)
    {
        var table = Damage.Tables(_directory.Path).MaxBy(file => new FileInfo(file).Length)!;
        if (how == "cut") Damage.Cut(table, 100);
        else File.Delete(table);

        var refusal = Assert.Throws<StorageFailedException>(() => RocksEngine.Open(_directory.Path));

        Assert.Contains(Path.GetFileName(table), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_manifest_that_is_missing_is_damage()
    {
        File.Delete(Directory.GetFiles(_directory.Path, "MANIFEST-*").Single());

        Assert.Throws<StorageFailedException>(() => RocksEngine.Open(_directory.Path));
    }

    [Fact]
    public void An_engine_without_the_file_that_names_all_others_does_not_start_over()
    {
        File.Delete(_directory["CURRENT"]);

        var refusal = Assert.Throws<StorageFailedException>(() => RocksEngine.Open(_directory.Path));

        Assert.Contains("CURRENT is missing", refusal.Message, StringComparison.Ordinal);
    }

    private RocksEngine Open()
    {
        var engine = RocksEngine.Open(_directory.Path);
        engine.WhenFailed(failure =>
        {
            lock (_failures) _failures.Add(failure);
        });
        return engine;
    }

    private static StorageFailedException? Failure(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (StorageFailedException e)
        {
            return e;
        }
    }

    // Values that do not compress, so that they take blocks of their own.
    private static void Write(RocksEngine engine)
    {
        var random = new Random(1);
        using var batch = engine.NewBatch();
        var value = new byte[4096];
        for (var i = 0; i < Keys; i++)
        {
            random.NextBytes(value);
            batch.Put(ColumnFamily.Default, Key(i), value);
        }
        engine.Write(batch, sync: true);
    }

    private static byte[] Key(int i)
    {
        var key = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(key, i);
        return key;
    }
}
