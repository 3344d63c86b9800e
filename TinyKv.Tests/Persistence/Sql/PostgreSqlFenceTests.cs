using Akka.Persistence;
using Npgsql;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Persistence.Sql;
using TinyKv.Tests.Persistence.Journal;

namespace TinyKv.Tests.Persistence.Sql;

/// <summary>Of two starts of a store on one database only one writes, whatever lies between.</summary>
[Trait("lane", "slow")]
public sealed class PostgreSqlFenceTests
{
    [SkippableTheory]
    [InlineData("transaction")]
    [InlineData("statement")]
    public async Task A_pooler_that_shares_sessions_is_refused_with_what_to_do(string mode)
    {
        using var server = new PostgreSqlServer();
        await using var bouncer = await PgBouncer.StartAsync(server.Settings, mode);

        var refusal = Assert.Throws<TinyKvException>(() => server.Create(connection: bouncer.Connection));

        Assert.Contains("connect to the server itself, or set pool_mode = session", refusal.Message, StringComparison.Ordinal);
        server.Create().Dispose();
    }

    [SkippableFact]
    public async Task Behind_a_pooler_that_keeps_sessions_a_store_writes_and_a_second_start_is_refused()
    {
        using var server = new PostgreSqlServer();
        await using var bouncer = await PgBouncer.StartAsync(server.Settings, "session");
        await using var journal = new JournalSystem(server.Create(connection: bouncer.Connection));
        await journal.WriteAsync("a", 1, "one");

        foreach (var connection in (string[])[bouncer.Connection, server.Settings.ConnectionString])
        {
            var refusal = Assert.Throws<TinyKvException>(() => server.Create(connection: connection));
            Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        }
        await journal.WriteAsync("a", 2, "two");
    }

    [SkippableFact]
    public void A_start_replaces_what_an_earlier_version_has_made()
    {
        using var server = new PostgreSqlServer();
        server.Create().Dispose();
        server.Execute("""
            CREATE OR REPLACE FUNCTION tinykv_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$
            """);

        server.Create().Dispose();

        Assert.Equal(PostgreSqlFence.NotOwnerState,
            Assert.Throws<PostgresException>(() => server.Execute("DELETE FROM tinykv_journal")).SqlState);
    }

    [SkippableFact]
    public async Task A_pooler_that_begins_to_share_sessions_ends_the_store()
    {
        using var server = new PostgreSqlServer();
        await using var bouncer = await PgBouncer.StartAsync(server.Settings, "session");
        await using var journal = new JournalSystem(PostgreSqlDatabase.Prepare(
            Section.Of(server.Configuration(connection: bouncer.Connection), "tinykv"), probeInterval: TimeSpan.FromSeconds(1)));
        await journal.WriteAsync("a", 1, "one");

        await bouncer.ReconfigureAsync("transaction");

        var failure = await journal.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(30));
        Assert.Contains("pool_mode = session", failure.Cause.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_start_that_the_lock_did_not_stop_keeps_the_former_from_writing()
    {
        using var server = new PostgreSqlServer();
        await using var former = new JournalSystem(server.Create());
        await former.WriteAsync("a", 1, "one");
        // As where the session that holds the lock is given to both: whoever asks for it has it.
        server.Execute("""
            SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        await using var latter = new JournalSystem(server.Create());

        var actor = former.NewActor();
        former.Send(actor, JournalSystem.Events("b", 1, "late"));

        await actor.ExpectMsgAsync<WriteMessagesFailed>(TimeSpan.FromSeconds(20));
        var failure = await former.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(20));
        Assert.Contains("was started elsewhere", failure.Cause.Message, StringComparison.Ordinal);
        await latter.WriteAsync("b", 1, "first");
        await latter.WriteAsync("a", 2, "two");
    }

    [SkippableFact]
    public async Task A_start_waits_for_the_writes_of_the_former_that_are_under_way()
    {
        using var server = new PostgreSqlServer();
        string writer;
        using (server.Create()) writer = (string)server.Query("SELECT writer FROM tinykv_owner")!;
        await using var late = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server.Settings.ConnectionString)
        {
            ApplicationName = writer,
            Pooling = false,
        }.ConnectionString);
        await late.OpenAsync();
        await using var transaction = await late.BeginTransactionAsync();
        await using var write = new NpgsqlCommand("""
            INSERT INTO tinykv_journal (deleted, persistence_id, sequence_number, created, message)
            VALUES (false, 'a', 1, 0, '')
            """, late, transaction);
        await write.ExecuteNonQueryAsync();

        var next = Task.Run(() => server.Create());
        // It is in line for the lock that the write shares.
        while (server.Query("SELECT 1 FROM pg_locks WHERE NOT granted") is null)
            Assert.False(next.IsCompleted);
        await transaction.CommitAsync();

        (await next).Dispose();
        Assert.Equal(PostgreSqlFence.NotOwnerState,
            (await Assert.ThrowsAsync<PostgresException>(() => write.ExecuteNonQueryAsync())).SqlState);
    }
}
