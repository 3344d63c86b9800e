using RocksDbSharp;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>A walk over a range of a snapshot. RocksDB stops at the bounds by itself.</summary>
internal sealed class RocksIterator : IEngineIterator
{
    private readonly RocksEngine _engine;
    private readonly ColumnFamily _family;
    private readonly KeyRange _range;
    private readonly bool _reverse;
    private readonly Action _release;

    // RocksDB keeps pointers to the bounds, which these options own: they have to live as long as the
    // iterator.
    private readonly ReadOptions _options;
    private readonly Iterator _native;
    private State _state = State.BeforeFirst;

    private enum State
    {
        BeforeFirst,
        AtPair,
        AtEnd,
        Disposed,
    }

    /// <summary>Takes over one use of the snapshot, given back through <paramref name="release"/>.</summary>
    public RocksIterator(
        RocksEngine engine, ColumnFamily family, Snapshot snapshot, KeyRange range, bool reverse, Action release)
    {
        _engine = engine;
        _family = family;
        _range = range;
        _reverse = reverse;
        _release = release;
        _options = new ReadOptions().SetSnapshot(snapshot);
        if (range.IsBounded) _options.SetIterateUpperBound(range.End.ToArray());
        if (reverse && !range.Start.IsEmpty) _options.SetIterateLowerBound(range.Start.ToArray());
        _native = engine.Database.NewIterator(engine.Handle(family), _options);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => AtPair().GetKeySpan();

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => AtPair().GetValueSpan();

    /// <inheritdoc/>
    public bool MoveNext()
    {
        switch (_state)
        {
            case State.BeforeFirst when _reverse:
                _native.SeekToLast();
                return Arrived();
            case State.BeforeFirst:
                return Seek(_range.Start.Span);
            case State.AtPair:
                if (_reverse) _native.Prev();
                else _native.Next();
                return Arrived();
            case State.AtEnd:
                return false;
            default:
                throw new ObjectDisposedException(nameof(RocksIterator));
        }
    }

    /// <inheritdoc/>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        var start = _range.Start.Span;
        if (!_reverse) _native.Seek(key.SequenceCompareTo(start) < 0 ? start : key);
        else if (_range.IsBounded && key.SequenceCompareTo(_range.End.Span) >= 0) _native.SeekToLast();
        else _native.SeekForPrev(key.ToArray());
        return Arrived();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_state == State.Disposed) return;
        _state = State.Disposed;
        _native.Dispose();
        GC.KeepAlive(_options);
        _release();
    }

    private bool Arrived()
    {
        var valid = _native.Valid();
        _state = valid ? State.AtPair : State.AtEnd;
        // A damaged block ends the walk as the end of the range does; only the status tells them apart.
        if (!valid) RequireSound();
        return valid;
    }

    private void RequireSound()
    {
        try
        {
            Native.Instance.rocksdb_iter_get_error(_native.Handle);
        }
        catch (RocksDbException e)
        {
            throw _engine.Failed(e, _family);
        }
    }

    private Iterator AtPair() =>
        _state == State.AtPair
            ? _native
            : throw new InvalidOperationException("the iterator is not at a pair");
}
