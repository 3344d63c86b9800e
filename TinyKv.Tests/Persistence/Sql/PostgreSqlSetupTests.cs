using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using Npgsql;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Persistence.Sql;
using TinyKv.Testing;
using TinyKv.Tests.Persistence.Journal;

namespace TinyKv.Tests.Persistence.Sql;

[Trait("lane", "slow")]
public sealed class PostgreSqlSetupTests
{
    private const string Secret = "correct-horse";

    [Fact]
    public void A_missing_connection_string_is_refused_with_the_settings_that_give_it()
    {
        var message = Refused("cluster.name = c, store.id = 1");

        Assert.Contains("tinykv.postgresql.connection-string", message, StringComparison.Ordinal);
        Assert.Contains("tinykv.postgresql.connection-string-file", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"postgres://tinykv:{Secret}@localhost/db")]
    [InlineData($"Host=localhost;Pasword={Secret}")]
    [InlineData($"Username=tinykv;Password={Secret}")]
    [InlineData($"Host=localhost;Password={Secret};Nothing=")]
    [InlineData($"Host=localhost;Password={Secret};Port=99999999999")]
    [InlineData($"Host=localhost;Password={Secret};Pooling=perhaps")]
    public void A_malformed_connection_string_is_refused_without_being_quoted(string connection)
    {
        var exception = Assert.Throws<SettingException>(() => Create(connection));

        Assert.Contains("tinykv.postgresql.connection-string is no PostgreSQL connection string", exception.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_cannot_be_reached_is_named_and_the_password_is_not()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        var port = ((IPEndPoint)socket.LocalEndpoint).Port;
        socket.Stop();

        var exception = Assert.Throws<TinyKvException>(
            () => Create($"Host=127.0.0.1;Port={port};Database=orders;Username=tinykv;Password={Secret}"));

        Assert.Contains($"127.0.0.1:{port}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("orders", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_connection_string_may_be_in_a_file()
    {
        using var directory = new TemporaryDirectory();
        Assert.Contains(directory["absent"], Refused(
            $"cluster.name = c, store.id = 1, postgresql.connection-string-file = \"{directory["absent"]}\""),
            StringComparison.Ordinal);

        File.WriteAllText(directory["secret"], "Host=127.0.0.1;Port=1;Database=from-file\n");
        Assert.Contains("from-file", Refused(
            $"cluster.name = c, store.id = 1, postgresql.connection-string-file = \"{directory["secret"]}\""),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 16)]
    [InlineData(";Maximum Pool Size=5", 5)]
    [InlineData(";MaxPoolSize=100", 100)]
    public void The_pool_is_small_unless_the_connection_string_says_otherwise(string more, int size)
    {
        var settings = Section.Of(ConfigurationFactory.ParseString(
            $"tinykv.postgresql.connection-string = \"Host=localhost{more}\""), "tinykv");

        Assert.Equal(size, PostgreSqlDatabase.ConnectionString(settings).MaxPoolSize);
    }

    [SkippableFact]
    public void Stores_that_start_at_once_on_an_empty_database_all_find_the_table()
    {
        using var server = new PostgreSqlServer();

        var setups = new JournalSetup[4];
        Parallel.For(0, setups.Length, new ParallelOptions { MaxDegreeOfParallelism = setups.Length },
            i => setups[i] = server.Create(store: i + 1));
        foreach (var setup in setups) setup.Dispose();

        server.Execute("SELECT ordering, deleted, persistence_id, sequence_number FROM tinykv_journal");
    }

    [SkippableFact]
    public void A_second_process_with_the_same_store_is_refused_and_told_of_the_first()
    {
        using var server = new PostgreSqlServer();
        using (server.Create())
        {
            using var other = server.Create(store: 2);
            using var elsewhere = server.Create(cluster: "another");
            var refusal = Assert.Throws<TinyKvException>(() => server.Create());
            Assert.Contains("store 1 of cluster 'test'", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"process {Environment.ProcessId}", refusal.Message, StringComparison.Ordinal);
        }

        server.Create().Dispose();
    }

    [SkippableFact]
    public async Task A_store_whose_lock_was_taken_while_it_was_cut_off_stops_writing()
    {
        using var server = new PostgreSqlServer();
        await using var journal = new JournalSystem(server.Create());
        await journal.WriteAsync("a", 1, "one");
        server.Execute("""
            CREATE VIEW fence AS
            SELECT pid, granted, classid::bigint << 32 | objid::bigint AS key FROM pg_locks
            WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """);
        await using var usurper = new NpgsqlConnection(
            $"{server.Settings.ConnectionString};Pooling=False");
        await usurper.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT pg_advisory_lock(key) FROM fence", usurper);
        // It waits for the lock before the holder is cut off, which would otherwise be back first.
        var usurping = command.ExecuteNonQueryAsync();
        server.Execute("""
            DO $$
            BEGIN
              WHILE NOT EXISTS (SELECT FROM fence WHERE NOT granted) LOOP
                PERFORM pg_sleep(0.01);
              END LOOP;
              PERFORM pg_terminate_backend(pid, 5000) FROM fence WHERE granted;
            END $$
            """);
        await usurping;

        var failure = await journal.Failures.ExpectMsgAsync<JournalFailed>(TimeSpan.FromSeconds(30));
        Assert.Contains(
            "cluster 'test' was started elsewhere", failure.Cause.Message, StringComparison.Ordinal);
        var actor = journal.NewActor();
        journal.Send(actor, JournalSystem.Events("a", 2, "two"));
        await actor.ExpectMsgAsync<Akka.Persistence.WriteMessagesFailed>();
    }

    [SkippableFact]
    public void A_database_that_does_not_keep_what_it_acknowledges_is_refused()
    {
        using var server = new PostgreSqlServer();
        server.Execute($"ALTER DATABASE {server.Settings.Database} SET synchronous_commit = off");

        var refusal = Assert.Throws<TinyKvException>(() => server.Create());
        Assert.Contains("synchronous_commit", refusal.Message, StringComparison.Ordinal);
    }

    private static JournalSetup Create(string connection) => JournalSetup.Create(
        JournalSetup.PostgreSql, "/nowhere", ConfigurationFactory.ParseString(
            $"tinykv {{ cluster.name = c, store.id = 1, postgresql.connection-string = \"{connection}\" }}"));

    private static string Refused(string configuration) => Assert.ThrowsAny<TinyKvException>(
        () => JournalSetup.Create(
            JournalSetup.PostgreSql, "/nowhere", ConfigurationFactory.ParseString($"tinykv {{ {configuration} }}"))).Message;
}
