using System.Buffers.Binary;
using System.Text;
using RocksDbSharp;
using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Persistence.Journal;

/// <summary>Gets one event; the bytes are valid until it returns.</summary>
internal delegate void EventReader(long sequenceNumber, ReadOnlySpan<byte> value);

/// <summary>The journal's database: the events, and the highest sequence number of each persistence
/// id.</summary>
internal sealed class RocksLog : IDisposable
{
    private const ulong BlockCacheBytes = 32 * 1024 * 1024;
    private const ulong WriteBufferBytes = 32 * 1024 * 1024;

    // What is deleted stays in it until the events that came after are in tables, so this is most of what a journal takes.
    private const ulong LogBytes = 64 * 1024 * 1024;

    private const string HighestFamily = "highest";

    private readonly RocksDb _database;
    private readonly ColumnFamilyHandle _highest;
    private readonly WriteOptions _options;
    private readonly RocksFailure _failure;

    private RocksLog(RocksDb database, RocksFailure failure, bool sync)
    {
        _database = database;
        _failure = failure;
        _highest = database.GetColumnFamily(HighestFamily);
        _options = new WriteOptions().SetSync(sync);
    }

    /// <summary>Opens the log in a directory, creating it when it is missing.</summary>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is in use, or not readable.</exception>
    public static RocksLog Open(string path, bool sync)
    {
        var failure = new RocksFailure($"the journal in {path}");
        var options = Options().Report(failure);
        var database = RocksFiles.Open("the journal", path, () =>
        {
            Directory.CreateDirectory(path);
            return RocksDb.Open(options, path, FamilyOptions());
        });
        return new RocksLog(database, failure, sync);
    }

    /// <summary>Opens the log for reading, and changes no file.</summary>
    /// <exception cref="StorageFailedException">Files are damaged or missing.</exception>
    /// <exception cref="TinyKvException">The directory is not readable.</exception>
    public static RocksLog OpenReadOnly(string path) => new(
        RocksFiles.OpenReadOnly("the journal", path, Options(), FamilyOptions()),
        new RocksFailure($"the journal in {path}"), sync: true);

    /// <summary>Reads every block of every table, and compares it with its checksum.</summary>
    /// <exception cref="StorageFailedException">One does not match.</exception>
    public void VerifyChecksums() => RocksFiles.VerifyChecksums(_database, _failure);

    /// <summary>Every persistence id that was ever written, with its highest sequence number.</summary>
    /// <exception cref="StorageFailedException">They cannot be read.</exception>
    public IReadOnlyList<(string Id, long Highest)> Ids()
    {
        var ids = new List<(string, long)>();
        using var highest = _database.NewIterator(_highest);
        for (highest.SeekToFirst(); highest.Valid(); highest.Next())
            ids.Add((Encoding.UTF8.GetString(highest.GetKeySpan()),
                BinaryPrimitives.ReadInt64BigEndian(highest.GetValueSpan())));
        RequireSound(highest);
        return ids;
    }

    /// <summary>Calls back at the first failure of the database, in the foreground or in the background.</summary>
    public void WhenFailed(Action<StorageFailedException> told) => _failure.WhenFailed(told);

    /// <summary>Adds events to a batch, and the number of the last as the highest.</summary>
    public void Append(WriteBatch batch, string persistenceId, IReadOnlyList<LoggedEvent> events)
    {
        foreach (var logged in events) batch.Put(logged.Key, logged.Value);
        Span<byte> highest = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(highest, events[^1].SequenceNumber);
        batch.Put(Encoding.UTF8.GetBytes(persistenceId), highest, _highest);
    }

    /// <summary>Adds the removal of a range of events to a batch. The highest number stays.</summary>
    public static void Delete(WriteBatch batch, byte[] start, byte[] end) =>
        batch.DeleteRange(start, (ulong)start.Length, end, (ulong)end.Length);

    /// <summary>Writes a batch. It is on disk on return, unless the log was opened without sync.</summary>
    /// <exception cref="StorageFailedException">It is not.</exception>
    public void Write(WriteBatch batch)
    {
        try
        {
            _database.Write(batch, _options);
        }
        catch (RocksDbException e)
        {
            throw _failure.Report(e);
        }
    }

    /// <summary>The highest sequence number ever written under an id; 0 when there is none.</summary>
    /// <exception cref="StorageFailedException">It cannot be read.</exception>
    public long Highest(string persistenceId)
    {
        Span<byte> highest = stackalloc byte[sizeof(long)];
        try
        {
            return _database.GetFixedSizeValue(Encoding.UTF8.GetBytes(persistenceId), highest, _highest)
                ? BinaryPrimitives.ReadInt64BigEndian(highest)
                : 0;
        }
        catch (RocksDbException e)
        {
            throw _failure.Report(e);
        }
    }

    /// <summary>Reads the events of an id from one number to another, inclusive, at most
    /// <paramref name="max"/>.</summary>
    /// <exception cref="StorageFailedException">They cannot be read.</exception>
    public void Read(
        string persistenceId, long from, long to, long max, EventReader reader,
        CancellationToken cancellation)
    {
        if (from > to) return;
        var options = new ReadOptions().SetIterateUpperBound(JournalKeys.After(persistenceId, to));
        using var events = _database.NewIterator(null, options);
        events.Seek(JournalKeys.Event(persistenceId, Math.Max(0, from)).AsSpan());
        for (var left = max; left > 0 && events.Valid(); left--)
        {
            cancellation.ThrowIfCancellationRequested();
            reader(JournalKeys.SequenceNumber(events.GetKeySpan()), events.GetValueSpan());
            events.Next();
        }
        RequireSound(events);
        GC.KeepAlive(options);
    }

    /// <summary>After a failure: lets go of whoever waits in a write, which fails.</summary>
    public void GiveUp() => RocksOptions.GiveUp(_database);

    // Without this a damaged block would look like the end of the events.
    private void RequireSound(Iterator events)
    {
        try
        {
            Native.Instance.rocksdb_iter_get_error(events.Handle);
        }
        catch (RocksDbException e)
        {
            throw _failure.Report(e);
        }
    }

    /// <summary>The options of the database.</summary>
    internal static DbOptions Options() =>
        // Half a record at the end was never acknowledged. Damage before it may hide what was: a voter that forgets is
        // worse than a store that does not start.
        RocksOptions.ForDatabase()
            .SetMaxTotalWalSize(LogBytes)
            .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords);

    /// <summary>The column families and their options.</summary>
    internal static ColumnFamilies FamilyOptions()
    {
        var cache = Cache.CreateLru(BlockCacheBytes);
        return new ColumnFamilies(RocksOptions.ForFamily(cache, WriteBufferBytes))
        {
            { HighestFamily, RocksOptions.ForFamily(cache, WriteBufferBytes) },
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();
}

/// <summary>An event ready to be written.</summary>
internal readonly record struct LoggedEvent(long SequenceNumber, byte[] Key, byte[] Value);
