using System.Buffers.Binary;
using System.Text;
using RocksDbSharp;
using TinyKv.Core;
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
    private const ulong LogBytes = 128 * 1024 * 1024;

    private const string HighestFamily = "highest";

    private readonly RocksDb _database;
    private readonly ColumnFamilyHandle _highest;
    private readonly WriteOptions _options;
    private readonly BackgroundErrors _errors;

    private RocksLog(RocksDb database, BackgroundErrors errors, bool sync)
    {
        _database = database;
        _errors = errors;
        _highest = database.GetColumnFamily(HighestFamily);
        _options = new WriteOptions().SetSync(sync);
    }

    /// <summary>Opens the log in a directory, creating it when it is missing.</summary>
    /// <exception cref="TinyKvException">The directory is in use, not readable or damaged.</exception>
    public static RocksLog Open(string path, bool sync)
    {
        // Half a record at the end was never acknowledged. Damage before it may hide what was: a voter that
        // forgets is worse than a store that does not start.
        var errors = new BackgroundErrors();
        var options = RocksOptions.ForDatabase(errors)
            .SetMaxTotalWalSize(LogBytes)
            .SetWalRecoveryMode(Recovery.TolerateCorruptedTailRecords);
        var cache = Cache.CreateLru(BlockCacheBytes);
        var families = new ColumnFamilies(RocksOptions.ForFamily(cache, WriteBufferBytes))
        {
            { HighestFamily, RocksOptions.ForFamily(cache, WriteBufferBytes) },
        };
        try
        {
            Directory.CreateDirectory(path);
            return new RocksLog(RocksDb.Open(options, path, families), errors, sync);
        }
        catch (Exception e) when (e is RocksDbException or IOException or UnauthorizedAccessException)
        {
            throw new TinyKvException($"cannot open the journal in {path}: {e.Message}", e);
        }
    }

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
    public void Write(WriteBatch batch) => _database.Write(batch, _options);

    /// <summary>The highest sequence number ever written under an id; 0 when there is none.</summary>
    public long Highest(string persistenceId)
    {
        Span<byte> highest = stackalloc byte[sizeof(long)];
        return _database.GetFixedSizeValue(Encoding.UTF8.GetBytes(persistenceId), highest, _highest)
            ? BinaryPrimitives.ReadInt64BigEndian(highest)
            : 0;
    }

    /// <summary>Reads the events of an id from one number to another, inclusive, at most
    /// <paramref name="max"/>.</summary>
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
        // Without this a damaged block would look like the end of the events.
        Native.Instance.rocksdb_iter_get_error(events.Handle);
        GC.KeepAlive(options);
    }

    /// <summary>Who is told, once, of the first error that RocksDB meets while nobody writes.</summary>
    public void WhenFailed(Action<Exception> failed) => _errors.Tell(failed);

    /// <summary>After a failure: lets go of whoever waits in a write, which fails.</summary>
    public void GiveUp() => RocksOptions.GiveUp(_database);

    /// <inheritdoc/>
    public void Dispose() => _database.Dispose();
}

/// <summary>An event ready to be written.</summary>
internal readonly record struct LoggedEvent(long SequenceNumber, byte[] Key, byte[] Value);
