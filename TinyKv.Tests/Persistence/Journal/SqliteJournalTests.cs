using Akka.Configuration;
using Microsoft.Data.Sqlite;
using TinyKv.Core.Storage;
using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Journal;

[Trait("lane", "slow")]
public sealed class SqliteJournalTests : JournalSpec
{
    private readonly TemporaryDirectory _directory = new();

    private protected override JournalSetup Create() => Create(_directory.Path);

    private protected override long BytesOnDisk() => JournalFiles.Bytes(_directory.Path);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task An_acknowledged_event_survives_a_kill()
    {
        await Journal.WriteAsync("a", 1, "one");

        using var copy = JournalFiles.Copy(_directory.Path);
        await using var survivor = new JournalSystem(Create(copy.Path));
        Assert.Equal(["one"], (await survivor.ReplayAsync("a")).Payloads);
    }

    [Fact]
    public async Task The_file_can_be_queried_while_the_store_runs()
    {
        await Journal.WriteAsync("a", 1, "one", "two");

        using var connection = new SqliteConnection(
            $"Data Source={_directory["journal/journal.db"]};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM journal WHERE persistence_id = 'a'";
        Assert.Equal(2L, command.ExecuteScalar());
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_with_its_name()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["journal"]);
        File.WriteAllText(directory["journal/journal.db"], new string('x', 4096));

        var refusal = Assert.Throws<StorageFailedException>(() => Create(directory.Path));
        Assert.Contains(directory["journal/journal.db"], refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_table_stops_the_store_that_replays_it()
    {
        await Journal.WriteAsync("a", 1, "one");
        using var copy = DamagedCopy();
        await using var damaged = new JournalSystem(Create(copy.Path));

        await Assert.ThrowsAsync<InvalidOperationException>(() => damaged.ReplayAsync("a"));

        Assert.IsType<SqliteException>(
            (await damaged.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(20))).Cause);
    }

    [Fact]
    public async Task A_damaged_table_stops_the_store_that_deletes_from_it()
    {
        await Journal.WriteAsync("a", 1, "one");
        using var copy = DamagedCopy();
        await using var damaged = new JournalSystem(Create(copy.Path));

        await Assert.ThrowsAnyAsync<Exception>(() => damaged.DeleteAsync("a", 1));

        Assert.IsType<SqliteException>(
            (await damaged.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(20))).Cause);
    }

    /// <summary>The journal with its events overwritten and its index as it was.</summary>
    private TemporaryDirectory DamagedCopy()
    {
        var copy = JournalFiles.Copy(_directory.Path);
        var file = copy["journal/journal.db"];
        long page, size;
        using (var connection = new SqliteConnection($"Data Source={file};Pooling=False"))
        {
            connection.Open();
            Ask("PRAGMA wal_checkpoint(TRUNCATE)");
            page = Ask("SELECT rootpage FROM sqlite_master WHERE name = 'journal'");
            size = Ask("PRAGMA page_size");

            long Ask(string sql)
            {
                using var command = connection.CreateCommand();
                command.CommandText = sql;
                return (long)command.ExecuteScalar()!;
            }
        }
        using var database = File.OpenWrite(file);
        database.Position = (page - 1) * size;
        database.Write(Enumerable.Repeat((byte)0xFF, (int)size).ToArray());
        return copy;
    }

    private static JournalSetup Create(string path) =>
        JournalSetup.Create(JournalSetup.Sqlite, path, Config.Empty);
}
