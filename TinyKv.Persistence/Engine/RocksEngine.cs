using RocksDbSharp;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;
using IWriteBatch = TinyKv.Core.Storage.IWriteBatch;

namespace TinyKv.Persistence.Engine;

/// <summary>
/// The engine of a store: one RocksDB instance with a column family per name space. Writes become durable
/// with <c>sync</c> or <see cref="Sync"/> only; a crash loses a suffix of the others, never one in the
/// middle.
/// </summary>
/// <remarks>After a failed write or sync the engine stays failed: the store has to stop.</remarks>
public sealed class RocksEngine : IEngine
{
    private const ulong BlockCacheBytes = 128 * 1024 * 1024;

    // Small enough to stay in a processor's cache: of a larger one most inserts miss it.
    private const ulong WriteBufferBytes = 8 * 1024 * 1024;

    // A family that is rarely written must not keep the log of all the others for ever.
    private const ulong LogBytes = 256 * 1024 * 1024;

    private static readonly ColumnFamily[] Families = Enum.GetValues<ColumnFamily>();

    private readonly RocksDb _database;
    private readonly ColumnFamilyHandle[] _families;
    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);
    private readonly WriteOptions _unsynced = new WriteOptions().SetSync(false);
    private readonly BackgroundErrors _errors;
    private readonly Shared _lifetime;

    private RocksEngine(RocksDb database, BackgroundErrors errors)
    {
        _database = database;
        _errors = errors;
        _families = Array.ConvertAll(Families, family => database.GetColumnFamily(family.Name()));
        _lifetime = new Shared(nameof(RocksEngine), database.Dispose);
    }

    /// <summary>Opens the engine in a directory, creating it when it is missing.</summary>
    /// <exception cref="TinyKvException">The directory is in use, not readable or damaged.</exception>
    public static RocksEngine Open(string path)
    {
        // The Raft log holds what a crash took from here, so the longest intact prefix is the right thing to
        // open.
        var errors = new BackgroundErrors();
        var options = RocksOptions.ForDatabase(errors)
            .SetMaxTotalWalSize(LogBytes)
            .SetWalRecoveryMode(Recovery.PointInTime);
        var cache = Cache.CreateLru(BlockCacheBytes);
        var families = new RocksDbSharp.ColumnFamilies();
        foreach (var family in Families)
            families.Add(family.Name(), RocksOptions.ForFamily(cache, WriteBufferBytes));
        try
        {
            Directory.CreateDirectory(path);
            return new RocksEngine(RocksDb.Open(options, path, families), errors);
        }
        catch (Exception e) when (e is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot open the data in {path}: {e.Message}", e);
        }
    }

    /// <summary>Who is told, once, of the first error that RocksDB meets while nobody writes; the store has to end then.
    /// </summary>
    public void WhenFailed(Action<Exception> failed) => _errors.Tell(failed);

    /// <summary>After a failure: lets go of whoever waits in a write, which fails; blocks on the disk at worst.</summary>
    public void GiveUp()
    {
        try
        {
            _lifetime.Acquire();
        }
        catch (ObjectDisposedException)
        {
            return;
        }
        try
        {
            RocksOptions.GiveUp(_database);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <inheritdoc/>
    public ISnapshot Snapshot()
    {
        _lifetime.Acquire();
        return new RocksSnapshot(this);
    }

    /// <inheritdoc/>
    public IWriteBatch NewBatch() => new RocksBatch(this);

    /// <inheritdoc/>
    public void Write(IWriteBatch batch, bool sync)
    {
        var native = ((RocksBatch)batch).Native;
        _lifetime.Acquire();
        try
        {
            _database.Write(native, sync ? _synced : _unsynced);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <inheritdoc/>
    public void Sync()
    {
        _lifetime.Acquire();
        try
        {
            RocksOptions.SyncLog(_database);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <summary>Ends the engine. The files are closed when the last snapshot and iterator are disposed,
    /// too.</summary>
    public void Dispose() => _lifetime.Close();

    internal RocksDb Database => _database;

    internal ColumnFamilyHandle Handle(ColumnFamily family) => _families[(int)family];

    internal void Release() => _lifetime.Release();
}
