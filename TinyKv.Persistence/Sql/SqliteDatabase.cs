using System.Data.Common;
using Akka.Configuration;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;
using Microsoft.Data.Sqlite;
using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Checking;

namespace TinyKv.Persistence.Sql;

/// <summary>The SQLite file behind a journal.</summary>
internal static class SqliteDatabase
{
    private const string FileName = "journal.db";

    private const int Corrupt = 11;
    private const int NotADatabase = 26;

    // Akka.Persistence.Sql's own layout, without the indexes on created and sequence_number.
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS journal (
          ordering INTEGER PRIMARY KEY,
          deleted BOOLEAN NOT NULL,
          persistence_id VARCHAR(255) NOT NULL,
          sequence_number BIGINT NOT NULL,
          created BIGINT NOT NULL,
          tags VARCHAR(100) NULL,
          message BLOB NOT NULL,
          identifier INTEGER NULL,
          manifest VARCHAR(500) NULL,
          writer_uuid VARCHAR(128) NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        """;

    /// <summary>Makes the file and its table, and tells the plugin how to open it.</summary>
    public static JournalSetup Prepare(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var connectionString = new SqliteConnectionStringBuilder { DataSource = path }.ToString();
        try
        {
            DurableFiles.CreateDirectory(directory);
            Initialize(connectionString);
            DurableFiles.Sync(directory);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is Corrupt or NotADatabase)
        {
            throw new StorageFailedException($"the journal {path} is damaged: {e.Message}", e);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot open the journal {path}: {e.Message}", e);
        }
        var setup = new MultiDataOptionsSetup();
        setup.AddDataOptions("akka.persistence.journal.tinykv-sqlite", new DataOptions()
            .UseConnectionString(ProviderName.SQLiteMS, connectionString)
            .UseInterceptor(new Connections()));
        return new JournalSetup(JournalSetup.Sqlite, Config.Empty, [setup], () => CloseAll(connectionString));
    }

    /// <summary>The file in a journal's directory.</summary>
    public static string FileIn(string directory) => Path.Combine(directory, FileName);

    /// <summary>The events of the file, for reading only: SQLite itself would change what lies beside it.</summary>
    /// <exception cref="StorageFailedException">The file is damaged.</exception>
    /// <exception cref="TinyKvException">It cannot be read for another reason.</exception>
    public static IJournalEvents OpenReadOnly(string directory)
    {
        var path = FileIn(directory);
        TemporaryCopy? copy = null;
        SqliteConnection? connection = null;
        try
        {
            // What was committed last may be in the log beside the file, which is only read together with it.
            if (new FileInfo(path + "-wal") is { Exists: true, Length: > 0 }) copy = TemporaryCopy.Of(path);
            connection = new SqliteConnection(copy is null
                ? $"Data Source=file:{Escaped(path)}?immutable=1;Pooling=False"
                : new SqliteConnectionStringBuilder { DataSource = copy.Path, Pooling = false }.ToString());
            connection.Open();
            return new SqlEvents(
                connection, $"the journal {path}", "journal", "", "PRAGMA integrity_check", () => copy?.Dispose());
        }
        catch (SqliteException e)
        {
            connection?.Dispose();
            copy?.Dispose();
            throw SqlEvents.Failure($"the journal {path}", e);
        }
    }

    private static string Escaped(string path) => Uri.EscapeDataString(path).Replace("%2F", "/", StringComparison.Ordinal);

    private sealed class TemporaryCopy : IDisposable
    {
        private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tinykv-check-");

        public string Path => System.IO.Path.Combine(_directory.FullName, FileName);

        /// <exception cref="TinyKvException">It cannot be made; says how much room it takes, and where.</exception>
        public static TemporaryCopy Of(string path)
        {
            TemporaryCopy? copy = null;
            try
            {
                copy = new TemporaryCopy();
                File.Copy(path, copy.Path);
                File.Copy(path + "-wal", copy.Path + "-wal");
                return copy;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                copy?.Dispose();
                var size = new FileInfo(path).Length + new FileInfo(path + "-wal").Length;
                throw new TinyKvException(
                    $"the journal {path} was not closed in order and can only be read from a copy, which takes {size} bytes in "
                    + $"{System.IO.Path.GetTempPath()} (TMPDIR names another place): {e.Message}", e);
            }
        }

        public void Dispose() => _directory.Delete(recursive: true);
    }

    /// <summary>Durable to the last commit, and patient with another connection's checkpoint.</summary>
    private static void Tune(DbConnection connection) =>
        Execute(connection, "PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");

    private static void Initialize(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        connection.Open();
        Tune(connection);
        // Kept in the file: from now on commits append to a log.
        Execute(connection, "PRAGMA journal_mode = WAL;");
        Execute(connection, Schema);
    }

    private static void Execute(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static void CloseAll(string connectionString)
    {
        using var connection = new SqliteConnection(connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private sealed class Connections : ConnectionInterceptor
    {
        // SQLite's asynchronous calls run to their end on the caller. Yielding once per transaction lets the
        // write queue see that one is under way, so that it gathers the next: without it nothing is ever
        // batched.
        public override async Task ConnectionOpeningAsync(
            ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken) =>
            await Task.Yield();

        public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection) =>
            Tune(connection);

        public override Task ConnectionOpenedAsync(
            ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
        {
            Tune(connection);
            return Task.CompletedTask;
        }
    }
}
