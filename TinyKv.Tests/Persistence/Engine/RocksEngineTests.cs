using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Engine;

public sealed class RocksEngineTests : EngineSpec
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _tables = new();
    private readonly RocksEngine _engine;
    private int _tableCount;

    public RocksEngineTests() => _engine = RocksEngine.Open(_directory.Path);

    private protected override IEngine Engine => _engine;

    private protected override ITableWriter NewTable(ColumnFamily family) =>
        new RocksTableWriter(family, _tables[$"{_tableCount++}.sst"]);

    public override void Dispose()
    {
        base.Dispose();
        _directory.Dispose();
        _tables.Dispose();
    }

    [Fact]
    public void Tables_that_were_taken_in_survive_the_loss_of_everything_in_memory()
    {
        Put("a", "replaced");
        _engine.Ingest(ColumnFamily.Default, [KeyRange.All], [Table("b")]);

        using var copy = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(_directory.Path)) File.Copy(file, copy[Path.GetFileName(file)]);
        using var survivor = RocksEngine.Open(copy.Path);
        using var snapshot = survivor.Snapshot();
        Assert.Null(snapshot.Get(ColumnFamily.Default, "a"u8));
        Assert.Equal("b"u8.ToArray(), snapshot.Get(ColumnFamily.Default, "b"u8));
    }

    [Fact]
    public void A_table_is_taken_in_under_a_second_name_and_not_copied()
    {
        var table = (RocksTable)Table("a");
        _engine.Ingest(ColumnFamily.Default, [KeyRange.All], [table]);
        var (own, there) = (FileNumber(table.Path), Directory.GetFiles(_directory.Path, "*.sst").Select(FileNumber));

        Assert.Contains(own, there);
    }

    [Theory]
    [InlineData("a byte is another")]
    [InlineData("it is gone")]
    public void A_damaged_table_is_not_taken_in_and_the_store_is_told(string damage)
    {
        var table = (RocksTable)Table("a", "b", "c");
        if (damage == "it is gone")
        {
            File.Delete(table.Path);
        }
        else
        {
            var bytes = File.ReadAllBytes(table.Path);
            bytes[4] ^= 1;
            File.WriteAllBytes(table.Path, bytes);
        }
        StorageFailedException? told = null;
        _engine.WhenFailed(failure => told = failure);

        var failure = Assert.Throws<StorageFailedException>(
            () => _engine.Ingest(ColumnFamily.Default, [KeyRange.All], [table]));

        Assert.True(failure.IsDamage);
        Assert.Contains(_tables.Path, failure.Message, StringComparison.Ordinal);
        Assert.Same(failure, told);
    }

    [Fact]
    public void What_was_written_is_there_after_opening_again()
    {
        Put("a", "1");
        _engine.Sync();
        _engine.Dispose();

        using var again = RocksEngine.Open(_directory.Path);
        using var snapshot = again.Snapshot();
        Assert.Equal("1"u8.ToArray(), snapshot.Get(ColumnFamily.Default, "a"u8));
    }

    [Fact]
    public void A_synced_write_survives_the_loss_of_everything_in_memory()
    {
        using var batch = _engine.NewBatch();
        batch.Put(ColumnFamily.Lock, "a"u8, "1"u8);
        batch.Put(ColumnFamily.Meta, "applied"u8, "7"u8);
        _engine.Write(batch, sync: true);

        using var copy = new TemporaryDirectory();
        foreach (var file in Directory.GetFiles(_directory.Path))
            File.Copy(file, copy[Path.GetFileName(file)]);
        using var survivor = RocksEngine.Open(copy.Path);
        using var snapshot = survivor.Snapshot();
        Assert.Equal("1"u8.ToArray(), snapshot.Get(ColumnFamily.Lock, "a"u8));
        Assert.Equal("7"u8.ToArray(), snapshot.Get(ColumnFamily.Meta, "applied"u8));
    }

    [Fact]
    public async Task A_flush_that_fails_behind_the_back_of_writers_is_told()
    {
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        _engine.WhenFailed(told.SetResult);
        // No table can be written: its name is taken by a directory.
        for (var number = 1; number < 100; number++) Directory.CreateDirectory(_directory[$"{number:d6}.sst"]);

        // The first is more than what is held in memory; when the second comes, it has to go to a table.
        for (var i = 0; i < 2; i++)
        {
            using var batch = _engine.NewBatch();
            batch.Put(ColumnFamily.Default, "a"u8, new byte[16 * 1024 * 1024]);
            _engine.Write(batch, sync: false);
        }

        var error = await told.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains(_directory.Path, error.Message, StringComparison.Ordinal);
        Exception? late = null;
        _engine.WhenFailed(first => late = first);
        Assert.Same(error, late);
    }

    [Fact]
    public void A_directory_in_use_is_refused_with_its_name()
    {
        var refusal = Assert.Throws<TinyKvException>(() => RocksEngine.Open(_directory.Path));

        Assert.Contains(_directory.Path, refusal.Message, StringComparison.Ordinal);
    }

    private static long FileNumber(string path)
    {
        var shown = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%i", path])
            {
                RedirectStandardOutput = true,
                UseShellExecute = false,
            })!;
        return long.Parse(shown.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Files_are_closed_when_the_last_iterator_is_disposed()
    {
        Put("a", "1");
        var snapshot = _engine.Snapshot();
        var iterator = snapshot.Iterate(ColumnFamily.Default, KeyRange.All);
        _engine.Dispose();
        snapshot.Dispose();
        Assert.Throws<TinyKvException>(() => RocksEngine.Open(_directory.Path));

        iterator.Dispose();

        RocksEngine.Open(_directory.Path).Dispose();
    }
}
