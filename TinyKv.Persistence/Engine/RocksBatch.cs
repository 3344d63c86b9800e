using RocksDbSharp;
using TinyKv.Core.Keys;
using IWriteBatch = TinyKv.Core.Storage.IWriteBatch;

namespace TinyKv.Persistence.Engine;

/// <summary>Writes gathered in RocksDB's own format.</summary>
internal sealed class RocksBatch(RocksEngine engine) : IWriteBatch
{
    private readonly WriteBatch _native = new();
    private bool _disposed;

    /// <summary>The gathered writes.</summary>
    public WriteBatch Native
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _native;
        }
    }

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public void Put(ColumnFamily family, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Native.Put(key, value, engine.Handle(family));
        Count++;
    }

    /// <inheritdoc/>
    public void Delete(ColumnFamily family, ReadOnlySpan<byte> key)
    {
        Native.Delete(key, engine.Handle(family));
        Count++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _native.Dispose();
    }
}
