using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Engine;
using TinyKv.Persistence.Sql;

namespace TinyKv.Persistence.Checking;

/// <summary>Checks the files of a stopped store; changes none of them.</summary>
public static class StoreCheck
{
    private const string KeepFiles =
        "The other stores, if there are any, have all that was acknowledged; keep the files until they have proved it";

    /// <summary>Reads everything that a store would read, and compares what belongs together.</summary>
    /// <param name="directory">The data directory. No store can start on it meanwhile.</param>
    /// <param name="postgreSql">The connection string of the journal, if that is in PostgreSQL and is to be checked.</param>
    /// <exception cref="TinyKvException">There is no such directory, it is no store's, a store runs on it, or the database
    /// is not to be had.</exception>
    public static StoreReport Run(string directory, string? postgreSql = null)
    {
        directory = Path.GetFullPath(directory);
        using var held = DataDirectory.LockForReading(directory);
        var names = DataDirectory.Within(directory);
        var (identity, record) = Identity(names.Identity, out var identityPart);
        var engine = new EngineCheck(names.Data, DataDirectory.SnapshotsIn(directory), identity, record);
        var journal = Journal(names.Journal, identity, record, engine.Regions, postgreSql);
        List<CheckedPart> parts = [identityPart, engine.Part, journal?.Part ?? NotChecked(identity)];
        if (engine.Part.State == PartState.Sound && journal?.Part.State == PartState.Sound)
            parts.Add(AgreementCheck.Of(engine, journal));
        return new StoreReport(directory, identity, parts)
        {
            Remedy = Remedy(parts, names, engine, journal, identity is not null),
        };
    }

    private static (StoreIdentity? Identity, StoreRecord? Record) Identity(string path, out CheckedPart part)
    {
        try
        {
            var (identity, record) = IdentityFile.ReadAny(path);
            part = record.Lost.Length > 0 ? new CheckedPart("identity", PartState.Damaged, [record.Lost])
                : new CheckedPart("identity", PartState.Sound,
                    [$"{identity.Store} of cluster '{identity.ClusterName}', journal {identity.Journal}"]);
            return (identity, record);
        }
        catch (StorageFailedException e)
        {
            part = new CheckedPart("identity", PartState.Damaged, [e.Message]);
            return (null, null);
        }
    }

    // Without an identity the files show which journal it is, unless it is elsewhere.
    private static JournalCheck? Journal(
        string path, StoreIdentity? identity, StoreRecord? record, IReadOnlyList<RegionRecord> regions, string? postgreSql)
    {
        var kind = identity?.Journal ?? (File.Exists(SqliteDatabase.FileIn(path)) ? JournalSetup.Sqlite
            : RocksFiles.IsEmpty(path) ? JournalSetup.PostgreSql : JournalSetup.RocksDb);
        var prefix = identity is null ? "" : PeerJournalId.PrefixOf(identity.ClusterId, identity.Store);
        return kind switch
        {
            JournalSetup.Sqlite => new JournalCheck(
                () => File.Exists(SqliteDatabase.FileIn(path)) ? SqliteDatabase.OpenReadOnly(path) : new NoEvents(),
                identity, record, regions),
            JournalSetup.PostgreSql when postgreSql is null || identity is null => null,
            JournalSetup.PostgreSql => new JournalCheck(
                () => PostgreSqlDatabase.OpenReadOnly(postgreSql, prefix), identity, record, regions),
            _ => new JournalCheck(
                () => RocksFiles.IsEmpty(path) ? new NoEvents() : new RocksEvents(path), identity, record, regions),
        };
    }

    private static CheckedPart NotChecked(StoreIdentity? identity) => new("journal", PartState.NotChecked,
        [identity is null ? "it is not in this directory, and without the identity nobody knows where"
            : "it is in PostgreSQL; with the connection string it is checked, too"]);

    private static string? Remedy(
        List<CheckedPart> parts, (string Identity, string Data, string Journal) names, EngineCheck engine,
        JournalCheck? journal, bool isKnown)
    {
        if (parts.TrueForAll(part => part.State != PartState.Damaged)) return null;
        if (!isKnown) return $"restore {names.Identity} as it was, then check again";
        var putBack = $"put back into {names.Data} what was there when the store ran last, then check again. If that is gone, do "
            + "not start this store on these files again: ";
        if (engine.IsMissing) return putBack + "let an empty directory join as a new store, and remove this one";
        if (Is("engine") && !Is("journal") && !Is("identity"))
        {
            if (journal is null) return "check the journal, too: if it is sound, the engine can be rebuilt from it";
            if (journal.Peers.Count == 0) return $"restore {names.Data} from a backup: there is no log to rebuild it from";
            if (journal.RebuildsEngine)
                return $"move {names.Data} away and start the store: the engine is rebuilt from the journal, which is sound";
            return "do not start this store on these files again: its log is not all that the engine held, so that cannot be "
                + $"rebuilt from the journal. {KeepFiles}";
        }
        // The journal remembers every promise; what is missing is what its log no longer says.
        if (Is("agreement") && engine.Regions.Count == 0)
            return putBack + $"its log is not all that the engine held, so that cannot be rebuilt. {KeepFiles}";
        return "do not start this store on these files again: it could have forgotten votes and entries that it has promised "
            + $"to keep. {KeepFiles}";

        bool Is(string name) => parts.Exists(part => part.Name == name && part.State == PartState.Damaged);
    }

    private sealed class NoEvents : IJournalEvents
    {
        public void VerifyFiles() { }

        public IReadOnlyList<(string Id, long Highest)> Ids() => [];

        public void Read(string id, Action<long, Persistence.Journal.EventFields> reader) { }

        public void Dispose() { }
    }
}
