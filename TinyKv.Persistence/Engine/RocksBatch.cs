using RocksDbSharp;
using TinyKv.Core.Keys;
using IWriteBatch = TinyKv.Core.Storage.IWriteBatch;

namespace TinyKv.Persistence.Engine;

/// <summary>Writes gathered in RocksDB's own format. Counts as a user of the engine, because filling it reads the engine's
/// column families.</summary>
internal sealed class RocksBatch(RocksEngine engine) : IWriteBatch
{
    // A range needs an end. Keys may be longer here than clients' are, by an encoding that keeps their order.
    internal static readonly byte[] AboveAllKeys = [.. Enumerable.Repeat((byte)0xFF, 2 * Limits.MaxKeyBytes)];

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
    public void DeleteRange(ColumnFamily family, KeyRange range)
    {
        // RocksDB takes a range that ends before it starts for damage when it recovers.
        if (range.IsEmpty) return;
        var (start, end) = (range.Start.ToArray(), range.IsBounded ? range.End.ToArray() : AboveAllKeys);
        Native.DeleteRange(start, (ulong)start.Length, end, (ulong)end.Length, engine.Handle(family));
        Count++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _native.Dispose();
        engine.Release();
    }
}
