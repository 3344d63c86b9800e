using RocksDbSharp;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>A table in a file of its own, in RocksDB's form.</summary>
/// <param name="Family">The family.</param>
/// <param name="Path">The file, on the same disk as the engine.</param>
/// <param name="Pairs">How many pairs it has.</param>
internal sealed record RocksTable(ColumnFamily Family, string Path, long Pairs) : IStagedTable
{
    /// <summary>Takes tables into a column family. The files get second names in the database's directory; nothing is copied
    /// where the file system allows that, and those here stay.</summary>
    public static void Ingest(RocksDb database, ColumnFamilyHandle family, IReadOnlyList<IStagedTable> tables)
    {
        var options = new IngestExternalFileOptions();
        Native.Instance.rocksdb_ingestexternalfileoptions_set_link_files(options.Handle, 1);
        Native.Instance.rocksdb_ingestexternalfileoptions_set_failed_move_fall_back_to_copy(options.Handle, 1);
        Native.Instance.rocksdb_ingestexternalfileoptions_set_verify_checksums_before_ingest(options.Handle, 1);
        database.IngestExternalFiles([.. tables.Select(table => ((RocksTable)table).Path)], options, family);
        GC.KeepAlive(options);
    }
}

/// <summary>Writes a <see cref="RocksTable"/>.</summary>
internal sealed class RocksTableWriter : ITableWriter
{
    private const ulong CacheBytes = 1024 * 1024;

    private readonly ColumnFamily _family;
    private readonly string _path;
    private readonly SstFileWriter _writer;
    private long _pairs;

    /// <summary>Begins a file; one that is there is overwritten.</summary>
    public RocksTableWriter(ColumnFamily family, string path)
    {
        (_family, _path) = (family, path);
        _writer = new SstFileWriter(
            new EnvOptions(), RocksOptions.ForFamily(Cache.CreateLru(CacheBytes), writeBufferBytes: CacheBytes));
        Do(() => _writer.Open(path));
    }

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var (keyBytes, valueBytes) = (key.ToArray(), value.ToArray());
        Do(() => _writer.Put(keyBytes, valueBytes));
        _pairs++;
    }

    /// <inheritdoc/>
    public IStagedTable Finish()
    {
        // Syncs the file.
        Do(_writer.Finish);
        return new RocksTable(_family, _path, _pairs);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Do(Action write)
    {
        try
        {
            write();
        }
        catch (RocksDbException e)
        {
            throw new StorageFailedException($"cannot write {_path}: {e.Message}", e);
        }
    }
}
