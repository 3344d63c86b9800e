using RocksDbSharp;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>A RocksDB snapshot; lives until it and all its iterators are disposed.</summary>
internal sealed class RocksSnapshot : ISnapshot
{
    private readonly RocksEngine _engine;
    private readonly Snapshot _native;
    private readonly ReadOptions _options;
    private readonly ReferenceCounted _lifetime;

    /// <summary>Takes over one use of the engine.</summary>
    public RocksSnapshot(RocksEngine engine)
    {
        _engine = engine;
        _native = engine.Database.CreateSnapshot();
        _options = new ReadOptions().SetSnapshot(_native);
        _lifetime = new ReferenceCounted(nameof(RocksSnapshot), Free);
    }

    /// <inheritdoc/>
    public byte[]? Get(ColumnFamily family, ReadOnlySpan<byte> key)
    {
        _lifetime.Acquire();
        try
        {
            return _engine.Database.Get(key, _engine.Handle(family), _options);
        }
        catch (RocksDbException e)
        {
            throw _engine.Failed(e, family);
        }
        finally
        {
            _lifetime.Release();
        }
    }

    /// <inheritdoc/>
    public IEngineIterator Iterate(ColumnFamily family, KeyRange range) => Walk(family, range, reverse: false);

    /// <inheritdoc/>
    public IEngineIterator IterateReverse(ColumnFamily family, KeyRange range) => Walk(family, range, reverse: true);

    /// <inheritdoc/>
    public void Dispose() => _lifetime.Close();

    private RocksIterator Walk(ColumnFamily family, KeyRange range, bool reverse)
    {
        _lifetime.Acquire();
        return new RocksIterator(_engine, family, _native, range, reverse, _lifetime.Release);
    }

    private void Free()
    {
        _native.Dispose();
        _engine.Release();
    }
}
