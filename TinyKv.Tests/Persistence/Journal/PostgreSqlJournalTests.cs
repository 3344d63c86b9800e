using TinyKv.Persistence;
using TinyKv.Tests.Persistence.Sql;

namespace TinyKv.Tests.Persistence.Journal;

[Trait("lane", "slow")]
public sealed class PostgreSqlJournalTests : JournalSpec
{
    private PostgreSqlServer? _server;

    private protected override JournalSetup Create() => _server!.Create();

    private protected override long BytesOnDisk()
    {
        _server!.Execute("VACUUM tinykv_journal"); // as its daemon does every minute
        return (long)_server.Query("SELECT pg_total_relation_size('tinykv_journal')")!;
    }

    public override Task InitializeAsync()
    {
        _server = new PostgreSqlServer();
        return base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _server?.Dispose();
    }

    [SkippableFact]
    public async Task Events_are_written_again_after_the_server_has_dropped_all_connections()
    {
        await Journal.WriteAsync("a", 1, "one");
        _server!.Execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """);

        // The pool hands out its dead connections first; each failed write is one that an actor would have
        // retried after recovery, which tells it what was kept.
        var number = 2L;
        for (var attempt = 0; number == 2 && attempt < 20; attempt++)
        {
            var actor = Journal.NewActor();
            Journal.Send(actor, JournalSystem.Events("a", 2, "two"));
            await actor.ReceiveOneAsync(TimeSpan.FromSeconds(20));
            try
            {
                number = (await Journal.ReplayAsync("a")).Highest + 1;
            }
            catch (InvalidOperationException)
            {
                continue;
            }
        }
        Assert.Equal(["one", "two"], (await Journal.ReplayAsync("a")).Payloads);
    }
}
