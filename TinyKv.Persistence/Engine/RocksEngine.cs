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
    private readonly RocksFailure _failure;
    private readonly ReferenceCounted _lifetime;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RocksEngine(RocksDb database, RocksFailure failure)
    {
        _database = database;
        _failure = failure;
        _families = Array.ConvertAll(Families, family => database.GetColumnFamily(family.Name()));
        _lifetime = new ReferenceCounted(nameof(RocksEngine), Free);
    }

    /// <summary>Opens the engine in a directory, creating it when it is missing.</summary>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is in use, or not readable.</exception>
    public static RocksEngine Open(string path)
    {
        var failure = new RocksFailure($"the engine in {path}");
        var options = Options().Report(failure);
        var database = RocksFiles.Open("the engine", path, () =>
        {
            Directory.CreateDirectory(path);
            return RocksDb.Open(options, path, FamilyOptions());
        });
        return new RocksEngine(database, failure);
    }

    /// <summary>Opens the engine for reading, and changes no file.</summary>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is not readable.</exception>
    internal static RocksEngine OpenReadOnly(string path) => new(
        RocksFiles.OpenReadOnly("the engine", path, Options(), FamilyOptions()),
        new RocksFailure($"the engine in {path}"));

    /// <summary>Reads every block of every table, and compares it with its checksum.</summary>
    /// <exception cref="StorageFailedException">One does not match.</exception>
    internal void VerifyChecksums() => RocksFiles.VerifyChecksums(_database, _failure);

    /// <summary>
    /// Calls back once, on whichever thread has found it, when anything that the engine does in the foreground or the
    /// background fails; at once when it has failed already. The thread must not be held up.
    /// </summary>
    public void WhenFailed(Action<StorageFailedException> told) => _failure.WhenFailed(told);

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
    public IWriteBatch NewBatch()
    {
        _lifetime.Acquire();
        return new RocksBatch(this);
    }

    /// <inheritdoc/>
    public void Write(IWriteBatch batch, bool sync)
    {
        var native = ((RocksBatch)batch).Native;
        _lifetime.Acquire();
        try
        {
            _database.Write(native, sync ? _synced : _unsynced);
        }
        catch (RocksDbException e)
        {
            throw _failure.Report(e);
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
        catch (RocksDbException e)
        {
            throw _failure.Report(e);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <inheritdoc/>
    public long EstimateBytes(ColumnFamily family, KeyRange range)
    {
        if (range.IsEmpty) return 0;
        _lifetime.Acquire();
        try
        {
            return RocksSizes.Of(_database, Handle(family), range);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <inheritdoc/>
    public void Ingest(
        ColumnFamily family, IReadOnlyList<KeyRange> ranges, IReadOnlyList<IStagedTable> tables)
    {
        using var batch = NewBatch();
        foreach (var range in ranges) batch.DeleteRange(family, range);
        Write(batch, sync: true);
        if (tables.Count == 0) return;
        _lifetime.Acquire();
        try
        {
            RocksTable.Ingest(_database, Handle(family), tables);
        }
        catch (RocksDbException e)
        {
            throw _failure.Report(e, $", which takes in {Path.GetDirectoryName(((RocksTable)tables[0]).Path)},");
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <summary>Ends the engine. The files are closed when the last snapshot, iterator and batch are disposed, too.</summary>
    public void Dispose() => _lifetime.Close();

    /// <summary>Ends the engine, and blocks until the files are closed: as long as anybody reads or writes, and whoever does is
    /// held up by the disk.</summary>
    public void Close()
    {
        Dispose();
        _closed.Task.GetAwaiter().GetResult();
    }

    internal RocksDb Database => _database;

    internal ColumnFamilyHandle Handle(ColumnFamily family) => _families[(int)family];

    internal void Release() => _lifetime.Release();

    private void Free()
    {
        try
        {
            _database.Dispose();
        }
        finally
        {
            _closed.SetResult();
        }
    }

    /// <summary>A read has failed; what to throw.</summary>
    internal StorageFailedException Failed(RocksDbException error, ColumnFamily family) =>
        _failure.Report(error, $", column family {family.Name()},");

    /// <summary>The options of the database.</summary>
    internal static DbOptions Options() =>
        // The Raft log holds what a crash took from here, so the longest intact prefix is the right thing to open.
        RocksOptions.ForDatabase().SetMaxTotalWalSize(LogBytes).SetWalRecoveryMode(Recovery.PointInTime);

    /// <summary>The column families and their options.</summary>
    internal static RocksDbSharp.ColumnFamilies FamilyOptions()
    {
        var cache = Cache.CreateLru(BlockCacheBytes);
        var families = new RocksDbSharp.ColumnFamilies();
        foreach (var family in Families)
            families.Add(family.Name(), RocksOptions.ForFamily(cache, WriteBufferBytes));
        return families;
    }
}
