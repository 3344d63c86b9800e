using RocksDbSharp;

namespace TinyKv.Persistence.Engine;

/// <summary>What the engine and the journal ask of RocksDB alike.</summary>
internal static class RocksOptions
{
    /// <summary>The most versions of RocksDB's own diagnostics file that are kept.</summary>
    private const ulong InfoLogs = 4;

    private const ulong InfoLogBytes = 8 * 1024 * 1024;

    /// <summary>Options of a database that is created when it is missing.</summary>
    public static DbOptions ForDatabase()
    {
        var options = new DbOptions()
            .SetCreateIfMissing()
            .SetCreateMissingColumnFamilies()
            .SetMaxLogFileSize(InfoLogBytes)
            .SetKeepLogFileNum(InfoLogs);
        // After a failed write or sync the state of the disk is unknown: stay failed, never resume by itself.
        Native.Instance.rocksdb_options_set_max_bgerror_resume_count(options.Handle, 0);
        // A log file that was deleted or cut behind our back is an error, not a shorter history.
        Native.Instance.rocksdb_options_set_track_and_verify_wals_in_manifest(options.Handle, 1);
        return options;
    }

    /// <summary>Options of a column family: point lookups by Bloom filter, compressed blocks.</summary>
    public static ColumnFamilyOptions ForFamily(Cache cache, ulong writeBufferBytes) =>
        new ColumnFamilyOptions()
            .SetCompression(Compression.Lz4)
            .SetWriteBufferSize(writeBufferBytes)
            .SetLevelCompactionDynamicLevelBytes(true)
            .SetBlockBasedTableFactory(new BlockBasedTableOptions()
                .SetBlockCache(cache)
                .SetBlockSize(16 * 1024)
                .SetFilterPolicy(BloomFilterPolicy.Create(10, use_block_based_builder: false))
                .SetCacheIndexAndFilterBlocks(true)
                .SetPinL0FilterAndIndexBlocksInCache(true));

    /// <summary>Makes RocksDB write and sync what it still holds in its log buffer.</summary>
    public static void SyncLog(RocksDb database) => Native.Instance.rocksdb_flush_wal(database.Handle, 1);

    /// <summary>Lets go of writers that RocksDB holds up: their writes fail, and all later ones.</summary>
    public static void GiveUp(RocksDb database) =>
        Native.Instance.rocksdb_cancel_all_background_work(database.Handle, 0);
}
