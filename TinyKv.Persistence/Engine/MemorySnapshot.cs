using System.Collections.Immutable;
using TinyKv.Core.Keys;
using TinyKv.Core.Storage;

namespace TinyKv.Persistence.Engine;

/// <summary>The families as they were.</summary>
internal sealed class MemorySnapshot(ImmutableSortedSet<MemoryPair>[] families) : ISnapshot
{
    private bool _disposed;

    /// <inheritdoc/>
    public byte[]? Get(ColumnFamily family, ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return families[(int)family].TryGetValue(MemoryPair.Probe(key), out var pair) ? pair.Value : null;
    }

    /// <inheritdoc/>
    public IEngineIterator Iterate(ColumnFamily family, KeyRange range)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new MemoryIterator(families[(int)family], range);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;
}

/// <summary>A walk by position over an immutable sorted set.</summary>
internal sealed class MemoryIterator(ImmutableSortedSet<MemoryPair> pairs, KeyRange range) : IEngineIterator
{
    private const int BeforeFirst = -1;

    private int _position = BeforeFirst;
    private MemoryPair? _current;
    private bool _disposed;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Key => AtPair().Key;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Value => AtPair().Value;

    /// <inheritdoc/>
    public bool MoveNext()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_position == BeforeFirst) return Seek(range.Start.Span);
        return _current is not null && Arrive(_position + 1);
    }

    /// <inheritdoc/>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var start = range.Start.Span;
        var found = pairs.IndexOf(MemoryPair.Probe(key.SequenceCompareTo(start) < 0 ? start : key));
        return Arrive(found >= 0 ? found : ~found);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private bool Arrive(int position)
    {
        _position = position;
        _current = position < pairs.Count && range.Contains(pairs[position].Key) ? pairs[position] : null;
        return _current is not null;
    }

    private MemoryPair AtPair()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _current ?? throw new InvalidOperationException("the iterator is not at a pair");
    }
}
