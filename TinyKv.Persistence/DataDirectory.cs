using TinyKv.Core;

namespace TinyKv.Persistence;

/// <summary>
/// The directory of one store: <c>identity.json</c> says whose it is, <c>data/</c> holds the engine,
/// <c>journal/</c> the Raft log. Locked as long as it is open.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    private const string IdentityName = "identity.json";
    private const string LockName = "lock";
    private const string ProcessName = "process-id";
    private const string DataName = "data";
    private const string JournalName = "journal";

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    /// <summary>The directory; absolute.</summary>
    public string Path { get; }

    /// <summary>Where the engine keeps its files.</summary>
    public string DataPath => In(Path, DataName);

    /// <summary>Where the journal keeps its files.</summary>
    public string JournalPath => JournalIn(Path);

    /// <summary>Where the journal of the store in <paramref name="dataDirectory"/> keeps its files.</summary>
    internal static string JournalIn(string dataDirectory) => In(dataDirectory, JournalName);

    /// <summary>
    /// Locks the directory and checks that it belongs to the store; creates it, and writes down whose it is,
    /// when it is new. Nothing is written when the check fails.
    /// </summary>
    /// <exception cref="TinyKvException">It is locked, belongs to another store, or cannot be
    /// used.</exception>
    public static DataDirectory Open(string path, StoreIdentity expected)
    {
        path = System.IO.Path.GetFullPath(path);
        try
        {
            var identity = In(path, IdentityName);
            if (!IdentityFile.Check(identity, expected)) RequireNoData(path);
            DurableFiles.CreateDirectory(path);
            var opened = new DataDirectory(path, Lock(path));
            try
            {
                opened.Initialize(expected);
                return opened;
            }
            catch
            {
                opened.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot use the data directory {path}: {e.Message}", e);
        }
    }

    /// <summary>Unlocks the directory.</summary>
    public void Dispose()
    {
        if (!_lock.CanWrite) return;
        File.Delete(In(Path, ProcessName));
        _lock.Dispose();
    }

    private void Initialize(StoreIdentity expected)
    {
        File.WriteAllText(In(Path, ProcessName), $"{Environment.ProcessId}\n");
        // Again, now that nobody else can write it.
        var identity = In(Path, IdentityName);
        if (!IdentityFile.Check(identity, expected)) IdentityFile.Write(identity, expected);
        DurableFiles.CreateDirectory(DataPath);
        DurableFiles.CreateDirectory(JournalPath);
        // Whoever made the directory may have died before its name was on disk.
        DurableFiles.Sync(Path);
        DurableFiles.Sync(System.IO.Path.GetDirectoryName(Path) ?? Path);
    }

    private static FileStream Lock(string path) => LockFile.TryHold(In(path, LockName))
        ?? throw new TinyKvException($"{path} is locked by a running store, process {Owner(path)}");

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
                throw new TinyKvException(
                    $"{directory} is not empty, but {In(path, IdentityName)}, which says whose, is missing");
        }
    }

    private static string In(string directory, string name) => System.IO.Path.Combine(directory, name);
}
