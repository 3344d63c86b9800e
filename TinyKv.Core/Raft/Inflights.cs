namespace TinyKv.Core.Raft;

/// <summary>
/// The unacknowledged appends to one follower: a window that bounds both their number and their bytes.
/// </summary>
internal sealed class Inflights(int maxAppends, long maxBytes)
{
    private readonly Queue<(long Last, long Bytes)> _appends = new();

    /// <summary>Appends on their way.</summary>
    public int Count => _appends.Count;

    /// <summary>Command bytes on their way.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many bytes the next append should not exceed.</summary>
    public long RoomBytes => Math.Max(0, maxBytes - Bytes);

    /// <summary>
    /// Whether an append of this size may leave; one always may when nothing is on its way.
    /// </summary>
    public bool HasRoomFor(long bytes) => Count == 0 || (Count < maxAppends && Bytes + bytes <= maxBytes);

    /// <summary>An append left.</summary>
    /// <param name="last">The index of its last entry.</param>
    /// <param name="bytes">The bytes of its commands.</param>
    public void Add(long last, long bytes)
    {
        Invariant.Holds(HasRoomFor(bytes), $"no room for {bytes} bytes beside {Count} appends of {Bytes}");
        _appends.Enqueue((last, bytes));
        Bytes += bytes;
    }

    /// <summary>The follower has everything up to <paramref name="match"/>.</summary>
    public void FreeThrough(long match)
    {
        while (_appends.TryPeek(out var oldest) && oldest.Last <= match)
        {
            _appends.Dequeue();
            Bytes -= oldest.Bytes;
        }
    }

    /// <summary>Forgets all of them: they are counted as lost.</summary>
    public void Clear()
    {
        _appends.Clear();
        Bytes = 0;
    }
}
