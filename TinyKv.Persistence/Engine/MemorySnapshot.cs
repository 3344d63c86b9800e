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
    public IEngineIterator Iterate(ColumnFamily family, KeyRange range) => Walk(family, range, reverse: false);

    /// <inheritdoc/>
    public IEngineIterator IterateReverse(ColumnFamily family, KeyRange range) => Walk(family, range, reverse: true);

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private MemoryIterator Walk(ColumnFamily family, KeyRange range, bool reverse)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new MemoryIterator(families[(int)family], range, reverse);
    }
}

/// <summary>A walk by position over an immutable sorted set.</summary>
internal sealed class MemoryIterator(
    ImmutableSortedSet<MemoryPair> pairs, KeyRange range, bool reverse) : IEngineIterator
{
    private bool _started;
    private int _position;
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
        if (_started) return _current is not null && Arrive(_position + (reverse ? -1 : 1));
        if (!reverse) return Seek(range.Start.Span);
        return Arrive((range.IsBounded ? FirstFrom(range.End.Span) : pairs.Count) - 1);
    }

    /// <inheritdoc/>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!reverse) return Arrive(FirstFrom(key.SequenceCompareTo(range.Start.Span) < 0 ? range.Start.Span : key));
        if (range.IsBounded && key.SequenceCompareTo(range.End.Span) >= 0)
            return Arrive(FirstFrom(range.End.Span) - 1);
        var found = pairs.IndexOf(MemoryPair.Probe(key));
        return Arrive(found >= 0 ? found : ~found - 1);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private int FirstFrom(ReadOnlySpan<byte> key)
    {
        var found = pairs.IndexOf(MemoryPair.Probe(key));
        return found >= 0 ? found : ~found;
    }

    private bool Arrive(int position)
    {
        (_started, _position) = (true, position);
        _current = position >= 0 && position < pairs.Count && range.Contains(pairs[position].Key) ? pairs[position] : null;
        return _current is not null;
    }

    private MemoryPair AtPair()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _current ?? throw new InvalidOperationException("the iterator is not at a pair");
    }
}
