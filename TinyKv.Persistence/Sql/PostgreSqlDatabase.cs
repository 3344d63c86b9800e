using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Npgsql;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Checking;

namespace TinyKv.Persistence.Sql;

/// <summary>The PostgreSQL database behind a journal; stores and clusters may share it.</summary>
internal static class PostgreSqlDatabase
{
    private const string ConnectionKey = "postgresql.connection-string";
    private const string ConnectionFileKey = "postgresql.connection-string-file";
    private const string NoConnection = "is no PostgreSQL connection string, or names no host; it is written as "
        + "\"Host=...;Port=...;Database=...;Username=...;Password=...\"";
    private const int ConnectSeconds = 10;

    /// <summary>Recoveries, transactions and deletions of one store at the same time, with some
    /// room.</summary>
    private const int PoolSize = 16;

    // A write is refused unless the name of its connection is that of the store's latest start. The lock, which is shared
    // by the writes under way and taken alone by the next start, makes that start wait for their end.
    // Replaced at every start, so that a later version may change what it does.
    // The rest is Akka.Persistence.Sql's own layout, without the indexes on created and sequence_number. Three stores
    // starting at once would trip over each other's CREATE, IF NOT EXISTS or not: the lock, which ends with
    // the transaction, makes them take turns.
    private const string Schema = """
        BEGIN;
        SELECT pg_advisory_xact_lock(hashtextextended('tinykv_journal', 0));
        CREATE TABLE IF NOT EXISTS tinykv_journal (
          ordering BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          deleted BOOLEAN NOT NULL,
          persistence_id VARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          created BIGINT NOT NULL,
          tags VARCHAR(100) NULL,
          message BYTEA NOT NULL,
          identifier INTEGER NULL,
          manifest VARCHAR(500) NULL,
          writer_uuid VARCHAR(128) NULL,
          CONSTRAINT tinykv_journal_uq UNIQUE (persistence_id, sequence_number));
        CREATE TABLE IF NOT EXISTS tinykv_owner (
          store BIGINT PRIMARY KEY,
          writer TEXT NOT NULL UNIQUE);
        CREATE OR REPLACE FUNCTION tinykv_owner() RETURNS trigger LANGUAGE plpgsql AS $function$
        BEGIN
          PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_setting('application_name'), 0));
          PERFORM FROM tinykv_owner WHERE writer = current_setting('application_name');
          IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'TINYK',
              MESSAGE = 'only the store itself writes to its journal, and it was started elsewhere since',
              DETAIL = 'application_name is ' || current_setting('application_name');
          END IF;
          RETURN NULL;
        END $function$;
        DO $do$
        BEGIN
          IF NOT EXISTS (SELECT FROM pg_trigger
              WHERE tgrelid = 'tinykv_journal'::regclass AND tgname = 'tinykv_owner') THEN
            CREATE TRIGGER tinykv_owner BEFORE INSERT OR UPDATE OR DELETE ON tinykv_journal
              FOR EACH STATEMENT EXECUTE FUNCTION tinykv_owner();
          END IF;
        END $do$;
        COMMIT;
        """;

    /// <summary>Connects, checks the server, makes the table and locks the store's identity.</summary>
    /// <param name="tinykv">The section <c>tinykv</c>.</param>
    /// <param name="probeInterval">How often a pooler is looked at; null: <see cref="PostgreSqlFence.ProbeInterval"/>.</param>
    public static JournalSetup Prepare(Section tinykv, TimeSpan? probeInterval = null)
    {
        var connection = ConnectionString(tinykv);
        var (cluster, store) = (tinykv.Text("cluster.name"), (ulong)tinykv.Number("store.id", 1, long.MaxValue));
        PostgreSqlFence fence;
        try
        {
            fence = PostgreSqlFence.Acquire(
                connection, cluster, new StoreId(store), Initialize, probeInterval ?? PostgreSqlFence.ProbeInterval);
            // By this name the database knows whose writes they are, behind a pooler too.
            connection.ApplicationName = fence.Writer;
            // A reset would give the pooler's session the name back that it was opened with.
            connection.NoResetOnClose = true;
        }
        catch (NpgsqlException e)
        {
            throw new TinyKvException($"cannot use {Describe(connection)}: {e.Message}", e);
        }
        var setup = new MultiDataOptionsSetup();
        setup.AddDataOptions("akka.persistence.journal.tinykv-postgresql", new DataOptions()
            .UseConnectionString(ProviderName.PostgreSQL15, connection.ConnectionString));
        return new JournalSetup(
            JournalSetup.PostgreSql, Config.Empty, [setup, new PostgreSqlFenceSetup(fence)], fence.Dispose);
    }

    /// <summary>The events of a store in a database, for reading only.</summary>
    /// <exception cref="TinyKvException">The database is not to be had.</exception>
    public static IJournalEvents OpenReadOnly(string connectionString, string prefix)
    {
        var settings = Parse(connectionString) ?? throw new TinyKvException($"what is given {NoConnection}");
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            return new SqlEvents(connection, $"the journal in {Describe(settings)}", "tinykv_journal", prefix, null, () => { });
        }
        catch (NpgsqlException e)
        {
            connection.Dispose();
            throw new TinyKvException($"cannot use {Describe(settings)}: {e.Message}", e);
        }
    }

    /// <summary>Which database a connection string names, without its secrets.</summary>
    public static string Describe(NpgsqlConnectionStringBuilder connection) =>
        $"PostgreSQL at {connection.Host}:{connection.Port}, "
        + $"database {connection.Database ?? connection.Username}";

    private static void Initialize(NpgsqlConnection connection)
    {
        if (Show(connection, "fsync") != "on")
            throw new TinyKvException(
                "the PostgreSQL server has fsync = off and loses what it has acknowledged; set it on");
        if (Show(connection, "synchronous_commit") == "off")
            throw new TinyKvException(
                "the PostgreSQL server has synchronous_commit = off here and loses what it has "
                + "acknowledged; set it on");
        using var command = new NpgsqlCommand(Schema, connection);
        command.ExecuteNonQuery();
    }

    private static string? Show(NpgsqlConnection connection, string setting)
    {
        using var command = new NpgsqlCommand("SELECT current_setting(@name)", connection);
        command.Parameters.AddWithValue("name", setting);
        return command.ExecuteScalar() as string;
    }

    /// <summary>Checks what the settings alone show of the database. Leaves the file with the connection string alone: one
    /// that is a pipe can be read only once.</summary>
    /// <exception cref="SettingException">They name no database, or not as Npgsql does.</exception>
    internal static void RequireConnection(Section tinykv)
    {
        if (tinykv.OptionalText(ConnectionKey) is { Length: > 0 } text)
            Parsed(text, ConnectionKey);
        else if (tinykv.OptionalText(ConnectionFileKey).Length == 0)
            throw tinykv.Invalid("journal", $"is postgresql, which needs tinykv.{ConnectionKey} or tinykv.{ConnectionFileKey}");
    }

    /// <summary>The connection string that the configuration gives, with this system's defaults. Reads its file.</summary>
    /// <exception cref="SettingException">There is none, or its file cannot be read.</exception>
    internal static NpgsqlConnectionStringBuilder ConnectionString(Section tinykv)
    {
        RequireConnection(tinykv);
        return tinykv.OptionalText(ConnectionKey) is { Length: > 0 } text
            ? Parsed(text, ConnectionKey) : Parsed(Read(tinykv.Text(ConnectionFileKey)), ConnectionFileKey);
    }

    // What is in a file may be put there later than the store is started.
    private static NpgsqlConnectionStringBuilder Parsed(string text, string key) => Parse(text)
        ?? throw new SettingException($"tinykv.{key}", NoConnection) { IsTransient = key == ConnectionFileKey };

    private static NpgsqlConnectionStringBuilder? Parse(string text)
    {
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(connection.Host)) return null;
            connection.Timeout = ConnectSeconds;
            // Keys, because ContainsKey says yes to every setting there is.
            if (!connection.Keys.OfType<string>().Contains("Maximum Pool Size")) connection.MaxPoolSize = PoolSize;
            return connection;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or KeyNotFoundException)
        {
            // The cause may quote the string, and with it the password.
            return null;
        }
    }

    private static string Read(string file)
    {
        try
        {
            return SettingsFile.Read(file).Trim();
        }
        catch (IOException e)
        {
            throw new SettingException($"tinykv.{ConnectionFileKey}", $"is '{file}', which cannot be read: {e.Message}")
            {
                IsTransient = true,
            };
        }
    }
}
