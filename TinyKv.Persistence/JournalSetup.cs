using Akka.Actor.Setup;
using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Persistence.Journal;
using TinyKv.Persistence.Sql;

namespace TinyKv.Persistence;

/// <summary>
/// What an actor system needs for its journal. Dispose after the actor system has ended.
/// </summary>
public sealed class JournalSetup : IDisposable
{
    /// <summary>Our journal on RocksDB.</summary>
    public const string RocksDb = "rocksdb";

    /// <summary>Akka.Persistence.Sql on an SQLite file.</summary>
    public const string Sqlite = "sqlite";

    /// <summary>Akka.Persistence.Sql on a PostgreSQL server.</summary>
    public const string PostgreSql = "postgresql";

    private readonly Action _end;

    internal JournalSetup(string kind, Config config, Setup[] setups, Action end)
    {
        Kind = kind;
        Config = config.WithFallback(ConfigurationFactory.ParseString($$"""
            akka.persistence {
              journal.plugin = "akka.persistence.journal.tinykv-{{kind}}"
              snapshot-store.plugin = "akka.persistence.no-snapshot-store"
            }
            """));
        Setups = setups;
        _end = end;
    }

    /// <summary>The kinds of journals.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [RocksDb, Sqlite, PostgreSql];

    /// <summary>Which kind this is.</summary>
    public string Kind { get; }

    /// <summary>Chooses the plugin. Needs <see cref="PersistenceConfig.Reference"/> as a fallback.</summary>
    public Config Config { get; }

    /// <summary>What goes to the plugin through the actor system's setup.</summary>
    public Setup[] Setups { get; }

    /// <summary>Checks the settings which a journal cannot do without, before anything is read or touched.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="config">The whole configuration.</param>
    /// <exception cref="SettingException">One is missing or wrong; names it.</exception>
    public static void RequireSettings(string kind, Config config)
    {
        if (kind == PostgreSql) PostgreSqlDatabase.RequireConnection(Section.Of(config, "tinykv"));
        if (kind == RocksDb) RocksJournal.Syncs(Section.Of(config, RocksJournal.Plugin));
    }

    /// <summary>
    /// Prepares a journal: makes its tables, checks that its database is there and keeps its writes, and that
    /// no other process runs the same store on it.
    /// </summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="dataDirectory">The store's data directory, locked by the caller.</param>
    /// <param name="config">The whole configuration; of <c>tinykv</c> a database needs <c>cluster.name</c>,
    /// <c>store.id</c> and <c>postgresql</c>.</param>
    /// <exception cref="TinyKvException">The kind, a setting or the database is not usable; says which and
    /// why.</exception>
    public static JournalSetup Create(string kind, string dataDirectory, Config config)
    {
        var directory = DataDirectory.JournalIn(Path.GetFullPath(dataDirectory));
        return kind switch
        {
            RocksDb => OnRocksDb(directory),
            Sqlite => SqliteDatabase.Prepare(directory),
            PostgreSql => PostgreSqlDatabase.Prepare(Section.Of(config, "tinykv")),
            _ => throw new TinyKvException(
                $"tinykv.journal is '{kind}'; it must be one of {string.Join(", ", Kinds)}"),
        };
    }

    /// <summary>Lets go of files and connections; blocks on the disk.</summary>
    public void Dispose() => _end();

    private static JournalSetup OnRocksDb(string directory)
    {
        var quoted = directory
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        var config = ConfigurationFactory.ParseString($"{RocksJournal.Plugin}.directory = \"{quoted}\"");
        var closing = new ClosingJournals();
        return new JournalSetup(RocksDb, config, [closing], closing.Wait);
    }
}
