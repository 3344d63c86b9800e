using System.Collections.Immutable;
using TinyKv.Core;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;

namespace TinyKv.Persistence;

/// <summary>
/// The directory of one store: <c>identity.json</c> says whose it is, <c>data/</c> holds the engine,
/// <c>journal/</c> the Raft log, <c>snapshots/</c> what is on its way to this store. Locked as long as it is open.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private const string IdentityName = "identity.json";
    private const string LockName = "lock";
    private const string ProcessName = "process-id";
    private const string DataName = "data";
    private const string JournalName = "journal";
    private const string SnapshotsName = "snapshots";

    private readonly FileStream _lock;
    private StoreIdentity _identity;

    private DataDirectory(string path, StoreIdentity identity, FileStream @lock)
    {
        Path = path;
        _identity = identity;
        _lock = @lock;
    }

    /// <summary>The directory; absolute.</summary>
    public string Path { get; }

    /// <summary>What the store knew of itself and the others when the directory was opened, or was told by
    /// <see cref="Start"/>.</summary>
    public StoreRecord Record { get; private set; } = null!;

    /// <summary>Where the engine keeps its files.</summary>
    public string DataPath => In(Path, DataName);

    /// <summary>Where snapshots are put together that arrive.</summary>
    public string SnapshotsPath => SnapshotsIn(Path);

    /// <summary>Where the store in <paramref name="dataDirectory"/> puts snapshots together that arrive.</summary>
    internal static string SnapshotsIn(string dataDirectory) => In(dataDirectory, SnapshotsName);

    /// <summary>Where the journal keeps its files.</summary>
    public string JournalPath => JournalIn(Path);

    /// <summary>Where the journal of the store in <paramref name="dataDirectory"/> keeps its files.</summary>
    internal static string JournalIn(string dataDirectory) => In(dataDirectory, JournalName);

    /// <summary>
    /// Locks the directory and checks that it belongs to the store; creates it, and writes down whose it is,
    /// when it is new. Nothing is written when the check fails.
    /// </summary>
    /// <param name="path">The directory.</param>
    /// <param name="expected">Whose it must be.</param>
    /// <param name="initial">The initial stores by the configuration, ascending; for a new directory.</param>
    /// <exception cref="TinyKvException">It is locked, belongs to another store, or cannot be
    /// used.</exception>
    /// <exception cref="StorageFailedException">It has lost what the store had acknowledged, or is damaged.</exception>
    public static DataDirectory Open(string path, StoreIdentity expected, ImmutableArray<StoreId> initial) =>
        Open(path, expected, file => Read(file, expected), initial);

    private static DataDirectory Open(
        string path, StoreIdentity identity, Func<string, StoreRecord?> read, ImmutableArray<StoreId> initial)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            if (read(In(path, IdentityName)) is null) RequireNoData(path);
            DurableFiles.CreateDirectory(path);
            var opened = new DataDirectory(path, identity, Lock(path));
            try
            {
                opened.Initialize(read, initial);
                return opened;
            }
            catch
            {
                // A disk that stands still must not keep from whoever waits what was wrong.
                BlockingCall.Try(opened.Dispose, BlockingCall.CloseTimeout);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot use the data directory {path}: {e.Message}", e);
        }
    }

    /// <summary>Whose a directory is, as far as its file says; null when no store has used it.</summary>
    /// <exception cref="StorageFailedException">It is damaged, or has lost what the store had acknowledged.</exception>
    /// <exception cref="TinyKvException">It cannot be read, or is of another version.</exception>
    public static (StoreIdentity Identity, StoreRecord Record)? Look(string path)
    {
        var identity = In(System.IO.Path.GetFullPath(path), IdentityName);
        if (!File.Exists(identity)) return null;
        var known = IdentityFile.ReadAny(identity);
        return known.Record.Lost is { Length: > 0 } lost
            ? throw new StorageFailedException(lost) { IsDamage = true } : known;
    }

    /// <summary>Locks the directory of a store that joins a cluster, or has; creates it, with its number, when it is new. Until
    /// <see cref="Join"/> it is nobody's.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="journal">The kind of journal, for a new one.</param>
    /// <exception cref="TinyKvException">It is locked, or cannot be used.</exception>
    /// <exception cref="StorageFailedException">It has lost what the store had acknowledged, or is damaged.</exception>
    public static DataDirectory OpenToJoin(string path, string journal)
    {
        path = System.IO.Path.GetFullPath(path);
        var identity = Look(path)?.Identity ?? new StoreIdentity(0, "", StoreId.None, journal);
        var opened = Open(path, identity, _ => Look(path)?.Record, []);
        // Somebody else may have let it join before it was locked.
        if (Look(path) is { } known) opened._identity = known.Identity;
        return opened;
    }

    /// <summary>Whose the directory is; of no cluster before <see cref="Join"/>.</summary>
    public StoreIdentity Identity => _identity;

    /// <summary>The store has joined a cluster, or told it that it is elsewhere now; durable on return.</summary>
    /// <param name="identity">Whose the directory is from now on.</param>
    /// <param name="record">What the store knows of the others.</param>
    /// <exception cref="IOException">It is not durable.</exception>
    public void Join(StoreIdentity identity, StoreRecord record)
    {
        _identity = identity;
        Save(Record = record);
    }

    /// <summary>Counts a start, durably: nothing may be said to other stores before. Blocks on the disk.</summary>
    /// <param name="initial">The initial stores by the configuration, ascending. Whether they are those that the
    /// directory was formed with is for the caller to compare.</param>
    /// <param name="replicas">How many replicas a region is meant to have by the configuration, likewise.</param>
    /// <exception cref="IOException">It is not durable.</exception>
    public void Start(ImmutableArray<StoreId> initial, int replicas) =>
        Save(Record = Record.Start(IdentityFile.Draw(), initial, replicas));

    /// <summary>Makes durable what the store knows. Blocks on the disk.</summary>
    /// <exception cref="IOException">It is not durable, or the directory is closed.</exception>
    public void Save(StoreRecord record)
    {
        // Whoever opens the directory next must not find it changed by this one.
        lock (_lock)
        {
            if (!_lock.CanWrite) throw new IOException($"{Path} is closed");
            IdentityFile.Write(In(Path, IdentityName), _identity, record);
        }
    }

    /// <summary>Keeps every store from starting on a directory that is only looked at; changes no file.</summary>
    /// <returns>Dispose it; null when no store has ever run here, so that there is nothing to lock.</returns>
    /// <exception cref="TinyKvException">There is no such directory, it is no store's, or a store runs on it.</exception>
    internal static IDisposable? LockForReading(string path)
    {
        try
        {
            if (!Directory.Exists(path)) throw new TinyKvException($"there is no directory {path}");
            if (!File.Exists(In(path, IdentityName)) && !Directory.Exists(In(path, DataName)))
                throw new TinyKvException($"{path} is no data directory of a store: it has no {IdentityName}");
            if (!File.Exists(In(path, LockName))) return null;
            return LockFile.TryHoldForReading(In(path, LockName)) ?? throw Locked(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot look at {path}: {e.Message}", e);
        }
    }

    /// <summary>The names of what is in the directory of a store.</summary>
    internal static (string Identity, string Data, string Journal) Within(string path) =>
        (In(path, IdentityName), In(path, DataName), In(path, JournalName));

    /// <summary>Unlocks the directory.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_lock.CanWrite) return;
            try
            {
                File.Delete(In(Path, ProcessName));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It only tells people who holds the lock.
            }
            finally
            {
                _lock.Dispose();
            }
        }
    }

    private void Initialize(Func<string, StoreRecord?> read, ImmutableArray<StoreId> initial)
    {
        File.WriteAllText(In(Path, ProcessName), $"{Environment.ProcessId}\n");
        // Again, now that nobody else can write it.
        if (read(In(Path, IdentityName)) is { } found) Record = found;
        else Save(Record = IdentityFile.New(initial));
        DurableFiles.CreateDirectory(DataPath);
        DurableFiles.CreateDirectory(JournalPath);
        // Whoever made the directory may have died before its name was on disk.
        DurableFiles.Sync(Path);
        DurableFiles.Sync(System.IO.Path.GetDirectoryName(Path) ?? Path);
    }

    // A start would forget what was found out, and vote as if it had its promises.
    private static StoreRecord? Read(string path, StoreIdentity expected) => IdentityFile.Read(path, expected) switch
    {
        { Lost: { Length: > 0 } lost } => throw new StorageFailedException(lost) { IsDamage = true },
        var record => record,
    };

    private static FileStream Lock(string path) => LockFile.TryHold(In(path, LockName)) ?? throw Locked(path);

    private static TinyKvException Locked(string path) =>
        new($"{path} is locked by a running store, process {Owner(path)}");

    private static string Owner(string path)
    {
        try
        {
            return File.ReadAllText(In(path, ProcessName)).Trim();
        }
        catch (IOException)
        {
            return "unknown";
        }
    }

    // Data whose owner is not known must not be taken over as this store's.
    private static void RequireNoData(string path)
    {
        foreach (var name in new[] { DataName, JournalName })
        {
            var directory = In(path, name);
            if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
                throw new StorageFailedException(
                    $"{directory} is not empty, but {In(path, IdentityName)}, which says whose, is missing");
        }
    }

    private static string In(string directory, string name) => System.IO.Path.Combine(directory, name);
}
