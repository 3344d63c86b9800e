using Akka.Configuration;
using TinyKv.Persistence;
using TinyKv.Testing;

namespace TinyKv.Tests.Persistence.Journal;

/// <summary>Alone, for strace slows down the whole process.</summary>
[CollectionDefinition(nameof(DurabilityTests), DisableParallelization = true)]
[Collection(nameof(DurabilityTests))]
public sealed class DurabilityTests : IDisposable
{
    private const int Writes = 10;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableTheory]
    [InlineData(JournalSetup.RocksDb)]
    [InlineData(JournalSetup.Sqlite)]
    public async Task A_write_is_synced_before_it_is_acknowledged(string kind) =>
        Assert.Equal(Writes, await SyncedWritesAsync(kind, ""));

    [SkippableFact]
    public async Task With_sync_switched_off_a_write_is_acknowledged_unsynced() =>
        Assert.Equal(0, await SyncedWritesAsync(
            JournalSetup.RocksDb, "akka.persistence.journal.tinykv-rocksdb.unsafe-no-sync = on"));

    [SkippableTheory]
    [InlineData(JournalSetup.RocksDb)]
    [InlineData(JournalSetup.Sqlite)]
    public async Task One_sync_serves_the_writes_of_many_actors(string kind)
    {
        const int Actors = 64;
        await using var journal = new JournalSystem(JournalSetup.Create(kind, _directory.Path, Config.Empty));
        await journal.WriteAsync("warm", 1, "up");
        var actors = Enumerable.Range(0, Actors).Select(_ => journal.NewActor()).ToArray();
        using var trace = await SyncTrace.StartAsync();
        for (var i = 0; i < Actors; i++) journal.Send(actors[i], JournalSystem.Events($"actor-{i}", 1, i));
        foreach (var actor in actors)
            await actor.ExpectMsgAsync<Akka.Persistence.WriteMessagesSuccessful>(TimeSpan.FromSeconds(20));

        var syncs = await trace.StopAsync(_directory.Path);
        Assert.InRange(syncs.Count, 1, Actors / 2);
    }

    [SkippableTheory]
    [InlineData(JournalSetup.RocksDb)]
    [InlineData(JournalSetup.Sqlite)]
    public async Task A_sync_that_fails_is_not_acknowledged_and_stops_the_store(string kind)
    {
        await using var journal = new JournalSystem(JournalSetup.Create(kind, _directory.Path, Config.Empty));
        await journal.WriteAsync("a", 1, "one");
        var actor = journal.NewActor();
        using (var trace = await SyncTrace.BreakDiskAsync())
        {
            journal.Send(actor, JournalSystem.Events("a", 2, "two"));
            await actor.ExpectMsgAsync<Akka.Persistence.WriteMessagesFailed>();
            await actor.ExpectMsgAsync<Akka.Persistence.WriteMessageFailure>();
            await journal.Failures.ExpectMsgAsync<JournalFailed>();
            await trace.StopAsync(_directory.Path);
        }

        // That the disk works again does not bring back what the system threw away when it did not.
        journal.Send(actor, JournalSystem.Events("a", 2, "two"));
        await actor.ExpectMsgAsync<Akka.Persistence.WriteMessagesFailed>();
    }

    // RocksDB's files are written without a place, like the connections of this process.
    [SkippableFact]
    public async Task A_write_that_does_not_fit_on_the_disk_stops_the_store()
    {
        await using var journal = new JournalSystem(
            JournalSetup.Create(JournalSetup.Sqlite, _directory.Path, Config.Empty));
        await journal.WriteAsync("a", 1, "one");
        var actor = journal.NewActor();
        using var trace = await SyncTrace.FillDiskAsync();

        journal.Send(actor, JournalSystem.Events("a", 2, "two"));

        await actor.ExpectMsgAsync<Akka.Persistence.WriteMessagesFailed>();
        var failed = await journal.Failures.ExpectMsgAsync<JournalFailed>();
        Assert.Contains("full", failed.Cause.Message, StringComparison.Ordinal);
        await trace.StopAsync(_directory.Path);
    }

    /// <summary>Of some writes, one after the other, how many were synced between request and
    /// acknowledgement.</summary>
    private async Task<int> SyncedWritesAsync(string kind, string configuration)
    {
        await using var journal = new JournalSystem(
            JournalSetup.Create(kind, _directory.Path, Config.Empty), configuration);
        await journal.WriteAsync("a", 1, "the files are there from here on");
        using var trace = await SyncTrace.StartAsync();
        var times = new List<(double Sent, double Acknowledged)>();
        for (var i = 0; i < Writes; i++)
        {
            var sent = SyncTrace.Now;
            await journal.WriteAsync("a", i + 2, i);
            times.Add((sent, SyncTrace.Now));
        }
        var syncs = await trace.StopAsync(_directory.Path);
        return times.Count(write =>
            syncs.Any(sync => sync.Start >= write.Sent && sync.End <= write.Acknowledged));
    }
}
