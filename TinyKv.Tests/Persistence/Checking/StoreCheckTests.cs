using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Npgsql;
using RocksDbSharp;
using TinyKv.Actors.Node;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Checking;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Journal;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;
using TinyKv.Tests.Persistence.Sql;

namespace TinyKv.Tests.Persistence.Checking;

/// <summary>What a check says of files that a real store has left, sound and damaged.</summary>
[Trait("lane", "slow")]
public sealed class StoreCheckTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(1);
    private string _store = "";

    private string Data => Path.Combine(_store, "data");

    private string Journal => Path.Combine(_store, "journal");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("rocksdb", false)]
    [InlineData("rocksdb", true)]
    [InlineData("sqlite", false)]
    [InlineData("sqlite", true)]
    public async Task Files_that_a_store_left_are_sound_and_stay_as_they_are(string journal, bool killed)
    {
        await RunAsync(journal);
        using var copy = killed ? CopyOf(_store) : null;
        await _cluster.StopAsync(1);
        var directory = copy?.Path ?? _store;
        var before = Hashes(directory);

        var report = StoreCheck.Run(directory);

        Assert.True(report.IsSound, string.Join('\n', report.Parts.SelectMany(part => part.Details)));
        Assert.Equal(["identity", "engine", "journal", "agreement"], report.Parts.Select(part => part.Name));
        Assert.All(report.Parts, part => Assert.Equal(PartState.Sound, part.State));
        Assert.Null(report.Remedy);
        Assert.Contains("region 1: term", string.Join('\n', report.Parts[2].Details), StringComparison.Ordinal);
        Assert.Equal(before, Hashes(directory));
    }

    [Fact]
    public async Task A_damaged_block_of_the_engine_is_named_and_what_to_do_helps()
    {
        await RunAsync();
        await RestartAsync();
        var table = Damage.Block(Data);

        var report = StoreCheck.Run(_store);

        var damage = Assert.Single(Assert.Single(report.Parts, part => part.State == PartState.Damaged).Details);
        Assert.Contains(Path.GetFileName(table), damage, StringComparison.Ordinal);
        Assert.Contains("column family default", damage, StringComparison.Ordinal);
        Assert.Contains($"move {Data} away", report.Remedy, StringComparison.Ordinal);

        Directory.Delete(Data, recursive: true);
        await _cluster.StartAsync(1);
        Assert.Equal(Value(3), await _cluster.GetAsync("key 3"));
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task A_journal_that_begins_with_a_checkpoint_is_sound_and_no_engine_is_rebuilt_from_it(string journal)
    {
        await RunAsync(journal, "tinykv.raft.max-log-entries = 4");
        await Eventually.Async(async () => (await _cluster[1].StatusAsync(Timeouts.Long)).Peers[1] is { FirstIndex: > 6 } peer
            ? peer : null);
        await RestartAsync(journal);
        var sound = StoreCheck.Run(_store);
        Damage.Block(Data);
        var damaged = StoreCheck.Run(_store);

        Assert.True(sound.IsSound, string.Join('\n', sound.Parts.SelectMany(part => part.Details)));
        Assert.Equal(PartState.Damaged, Part(damaged, "engine").State);
        Assert.Equal(PartState.Sound, Part(damaged, "journal").State);
        Assert.Contains("its log is not all that the engine held", damaged.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10_000)]
    public async Task An_engine_that_was_moved_away_is_rebuilt_only_from_a_log_that_is_whole(int maxLogEntries)
    {
        await RunAsync(configuration: $"tinykv.raft.max-log-entries = {maxLogEntries}");
        if (maxLogEntries == 4)
            await Eventually.Async(async () => (await _cluster[1].StatusAsync(Timeouts.Long)).Peers[1] is { FirstIndex: > 6 } peer
                ? peer : null);
        await _cluster.StopAsync(1);
        Directory.Move(Data, $"{Data}-away");

        var report = StoreCheck.Run(_store);
        var detail = Part(report, "agreement").Details[0];

        Assert.Equal(maxLogEntries != 4, report.IsSound);
        if (report.IsSound)
        {
            Assert.Contains("the next start rebuilds it", detail, StringComparison.Ordinal);
            return;
        }
        Assert.Contains("was moved away or is lost", detail, StringComparison.Ordinal);
        Assert.Contains($"put back into {Data}", report.Remedy, StringComparison.Ordinal);
        Directory.Move($"{Data}-away", Data);
        Assert.True(StoreCheck.Run(_store).IsSound);
    }

    [Fact]
    public async Task A_journal_of_a_region_that_the_engine_does_not_know_or_of_another_peer_is_found()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        var region = Region(1);
        ChangeRecords(batch => batch.Delete(ColumnFamily.Meta, MetaKeys.Of(RegionId.First, MetaKeys.Region)));
        var unknown = Part(StoreCheck.Run(_store), "agreement").Details;
        Record(region with { Peers = [new Peer(new PeerId(7), new StoreId(1))] });
        var renumbered = Part(StoreCheck.Run(_store), "agreement").Details;
        Record(region with { Peers = region.Peers.Add(new Peer(new PeerId(7), new StoreId(2))) });
        var joined = Part(StoreCheck.Run(_store), "agreement").Details;

        Assert.Equal(["region 1: there is a journal of peer 3, and the engine has no record of the region"], unknown);
        Assert.Equal(
            ["region 1: the journal is of peer 3, which the engine's record does not name as the replica on store 1"],
            renumbered);
        Assert.Equal([
            "region 1: the journal has the members peer 3 on store 1, the engine peer 3 on store 1, peer 7 on store 2"], joined);
    }

    [Fact]
    public async Task A_registry_of_stores_that_cannot_be_read_is_found()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        ChangeRecords(batch => batch.Put(
            ColumnFamily.Meta, MetaKeys.Of(RegionId.Placement, MetaKeys.PlacementCluster), "no record"u8));

        var engine = Part(StoreCheck.Run(_store), "engine");

        Assert.Equal(PartState.Damaged, engine.State);
        Assert.Contains("the record of the cluster", engine.Details[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_that_was_removed_needs_no_journal()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        Record(new Region(new RegionId(9), KeyRange.All, RegionEpoch.Initial, [new Peer(new PeerId(8), new StoreId(1))]),
            RegionState.Tombstone);

        Assert.True(StoreCheck.Run(_store).IsSound);
    }

    [Fact]
    public async Task A_damaged_block_of_the_journal_is_found_and_the_store_must_not_be_started()
    {
        await RunAsync();
        await RestartAsync();
        Damage.Block(Journal);

        var report = StoreCheck.Run(_store);

        Assert.Equal(PartState.Damaged, Part(report, "journal").State);
        Assert.Contains("do not start this store", report.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task An_event_that_is_missing_in_the_middle_of_the_journal_is_found(string journal)
    {
        await RunAsync(journal);
        await _cluster.StopAsync(1);
        if (journal == "sqlite") Execute("DELETE FROM journal WHERE persistence_id LIKE '%-r1-p3' AND sequence_number = 3");
        else ChangeEvent(3, (database, key) => database.Remove(key));

        var report = StoreCheck.Run(_store);

        Assert.Contains("event 4 follows event 2", Assert.Single(Part(report, "journal").Details), StringComparison.Ordinal);
        Assert.Contains("event 4 follows event 2", await EndAsync(journal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task An_event_that_is_none_is_found(string journal)
    {
        await RunAsync(journal);
        await _cluster.StopAsync(1);
        if (journal == "sqlite")
            Execute("UPDATE journal SET message = x'ff' WHERE persistence_id LIKE '%-r1-p3' AND sequence_number = 3");
        else ChangeEvent(3, (database, key) => database.Put(key, database.Get(key)[..12]));

        var report = StoreCheck.Run(_store);

        Assert.Contains("event 3: an event", Assert.Single(Part(report, "journal").Details), StringComparison.Ordinal);
        Assert.Contains("an event is cut off; 'tinykv check'", await EndAsync(journal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_page_of_an_SQLite_journal_is_found()
    {
        await RunAsync("sqlite");
        await _cluster.StopAsync(1);
        var file = Path.Combine(Journal, "journal.db");
        await using (var pages = File.OpenWrite(file))
        {
            pages.Position = 4096;
            pages.Write(new byte[4096]);
        }

        Assert.Equal(PartState.Damaged, Part(StoreCheck.Run(_store), "journal").State);
    }

    [Fact]
    public async Task An_engine_that_is_ahead_of_its_journal_contradicts_it()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        Directory.Delete(Journal, recursive: true);

        var report = StoreCheck.Run(_store);

        Assert.Contains("region 1: it had events when the store was started before, and has none",
            string.Join('\n', Part(report, "journal").Details), StringComparison.Ordinal);
        Assert.Contains("do not start this store", report.Remedy, StringComparison.Ordinal);
        Assert.Contains(
            "is empty, but it was not when the store was started before", await EndAsync("rocksdb"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData(null)]
    public async Task An_identity_that_is_damaged_or_missing_is_to_be_restored(string? content)
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        var identity = Path.Combine(_store, "identity.json");
        if (content is null) File.Delete(identity);
        else await File.WriteAllTextAsync(identity, content);

        var report = StoreCheck.Run(_store);

        Assert.Equal(PartState.Damaged, Part(report, "identity").State);
        Assert.Equal(PartState.Sound, Part(report, "journal").State);
        Assert.Contains($"restore {identity}", report.Remedy, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_journal_in_PostgreSQL_is_checked_and_a_server_that_is_away_is_no_damage()
    {
        using var server = new PostgreSqlServer();
        var connection = server.Settings.ConnectionString;
        await RunAsync("postgresql", $"tinykv.postgresql.connection-string = \"{connection}\"");
        await _cluster.StopAsync(1);

        var report = StoreCheck.Run(_store, connection);
        Assert.True(report.IsSound, string.Join('\n', report.Parts.SelectMany(part => part.Details)));
        Assert.Equal(PartState.Sound, Part(report, "agreement").State);

        var away = new NpgsqlConnectionStringBuilder(connection) { Port = FreePorts.Take() }.ConnectionString;
        Assert.Contains("cannot use PostgreSQL at",
            Assert.Throws<TinyKvException>(() => StoreCheck.Run(_store, away)).Message, StringComparison.Ordinal);
        using var other = new PostgreSqlServer();
        Assert.Contains("tinykv_journal",
            Assert.Throws<TinyKvException>(() => StoreCheck.Run(_store, other.Settings.ConnectionString)).Message,
            StringComparison.Ordinal);

        server.Execute("DELETE FROM tinykv_journal WHERE persistence_id LIKE '%-r1-p3' AND sequence_number = 3",
            writer: (string)server.Query("SELECT writer FROM tinykv_owner")!);
        Assert.Contains("event 4 follows event 2",
            Assert.Single(Part(StoreCheck.Run(_store, connection), "journal").Details), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("engine")]
    [InlineData("journal")]
    public async Task Tables_that_cannot_be_opened_are_not_checked_rather_than_damaged(string part)
    {
        await RunAsync();
        await RestartAsync();
        // To open it fails for everybody, root too.
        var table = Directory.GetFiles(part == "engine" ? Data : Journal, "*.sst")[0];
        File.Delete(table);
        File.CreateSymbolicLink(table, table);

        var refusal = Assert.Throws<TinyKvException>(() => StoreCheck.Run(_store));

        Assert.Contains($"cannot open the {part}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_of_another_directory_is_damage()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        var identity = Path.Combine(_store, "identity.json");
        var (whose, record) = IdentityFile.ReadAny(identity);
        IdentityFile.Write(identity, whose, record with { Directory = new DirectoryId(42) });

        var report = StoreCheck.Run(_store);

        Assert.Contains($"belongs to the data directory {record.Directory}", Part(report, "journal").Details[0],
            StringComparison.Ordinal);
        Assert.Contains("do not start this store", report.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task A_journal_that_is_gone_is_damage(string journal)
    {
        await RunAsync(journal);
        await _cluster.StopAsync(1);
        Directory.Delete(Journal, recursive: true);

        var details = Part(StoreCheck.Run(_store), "journal").Details;

        Assert.Contains("region 1: it had events when the store was started before, and has none", details);
    }

    [Fact]
    public async Task An_SQLite_journal_that_cannot_be_copied_is_not_checked_and_no_part_of_the_copy_stays()
    {
        await RunAsync("sqlite");
        using var killed = CopyOf(_store);
        var file = Path.Combine(killed.Path, "journal", "journal.db");
        // The second of the two files that are copied.
        await using var held = new FileStream($"{file}-wal", FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var refusal = Assert.Throws<TinyKvException>(() => StoreCheck.Run(killed.Path));

        Assert.Contains($"takes {new FileInfo(file).Length + held.Length} bytes in {Path.GetTempPath()}", refusal.Message,
            StringComparison.Ordinal);
        var content = await File.ReadAllBytesAsync(file);
        Assert.DoesNotContain(
            Directory.GetDirectories(Path.GetTempPath(), "tinykv-check-*").Select(copy => Path.Combine(copy, "journal.db")),
            copy => File.Exists(copy) && File.ReadAllBytes(copy).AsSpan().SequenceEqual(content));
    }

    [Fact]
    public async Task A_directory_that_lost_acknowledged_data_is_not_to_be_started_again()
    {
        await RunAsync();
        await _cluster.StopAsync(1);
        var identity = Path.Combine(_store, "identity.json");
        var content = await File.ReadAllTextAsync(identity);
        await File.WriteAllTextAsync(identity, content.Replace(
            "\"lost\": \"\"", "\"lost\": \"not to be trusted\"", StringComparison.Ordinal));

        var report = StoreCheck.Run(_store);

        Assert.Equal(["not to be trusted"], Part(report, "identity").Details);
        Assert.Equal(PartState.Sound, Part(report, "journal").State);
        Assert.Contains("do not start this store", report.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_store_is_not_checked_and_its_process_is_named()
    {
        await RunAsync();

        var refusal = Assert.Throws<TinyKvException>(() => StoreCheck.Run(_store));

        Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_data_directory_is_refused()
    {
        using var directory = new TemporaryDirectory();

        Assert.Contains("no data directory",
            Assert.Throws<TinyKvException>(() => StoreCheck.Run(directory.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("there is no directory",
            Assert.Throws<TinyKvException>(() => StoreCheck.Run(directory["absent"])).Message, StringComparison.Ordinal);
    }

    private async Task RunAsync(string journal = "rocksdb", string configuration = "")
    {
        var node = await _cluster.StartAsync(1, $"tinykv.journal = {journal}\n{configuration}");
        _store = node.Settings.DataDirectory;
        for (var i = 0; i < 10; i++) await _cluster.PutAsync($"key {i}", Value(i));
    }

    // What the logs hold goes to tables when they are opened again.
    private async Task RestartAsync(string journal = "rocksdb")
    {
        await _cluster.StopAsync(1);
        await _cluster.StartAsync(1, $"tinykv.journal = {journal}");
        await _cluster.LeaderAsync();
        await _cluster.StopAsync(1);
    }

    // Why the store ends that is started on these files all the same.
    private async Task<string> EndAsync(string journal)
    {
        var node = await _cluster.StartAsync(1, $"tinykv.journal = {journal}");
        return (await Assert.ThrowsAsync<StoreFailedException>(
            () => node.Terminated.WaitAsync(TimeSpan.FromSeconds(60)))).Message;
    }

    private static CheckedPart Part(StoreReport report, string name) => Assert.Single(report.Parts, part => part.Name == name);

    // Values that do not compress, so that they make up most of a table.
    private static byte[] Value(int seed)
    {
        var value = new byte[20_000];
        new Random(seed).NextBytes(value);
        return value;
    }

    private Region Region(ulong id)
    {
        using var engine = RocksEngine.Open(Data);
        using var snapshot = engine.Snapshot();
        return MetaRecords.ReadAll(snapshot).Single(record => record.Region.Id.Value == id).Region;
    }

    private void Record(Region region, RegionState state = RegionState.Normal) =>
        ChangeRecords(batch => MetaRecords.Write(batch, new RegionRecord(region) { JournalBorn = true, State = state }));

    private void ChangeRecords(Action<TinyKv.Core.Storage.IWriteBatch> change)
    {
        using var engine = RocksEngine.Open(Data);
        using var batch = engine.NewBatch();
        change(batch);
        engine.Write(batch, sync: true);
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Journal, "journal.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    private void ChangeEvent(long number, Action<RocksDb, byte[]> change)
    {
        using var database = RocksDb.Open(RocksLog.Options(), Journal, RocksLog.FamilyOptions());
        using var log = database.NewIterator(database.GetColumnFamily("highest"));
        log.SeekToFirst();
        while (!log.StringKey().EndsWith("-r1-p3", StringComparison.Ordinal)) log.Next();
        change(database, JournalKeys.Event(log.StringKey(), number));
    }

    private static TemporaryDirectory CopyOf(string directory)
    {
        var copy = new TemporaryDirectory();
        StoreFiles.Copy(directory, copy.Path);
        return copy;
    }

    private static SortedDictionary<string, string> Hashes(string directory) => new(
        Directory.GetFiles(directory, "*", SearchOption.AllDirectories).ToDictionary(
            file => Path.GetRelativePath(directory, file), file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))),
        StringComparer.Ordinal);
}
