namespace TinyKv.Actors.Requests;

/// <summary>The bytes of replies that one connection, or all of one kind, hold and that are not read; from any thread.
/// Of our own for the same reasons as <see cref="InFlight"/>.</summary>
/// <param name="max">Beyond so many bytes a reply is refused; one always fits.</param>
/// <param name="all">Counts them, too, with those of others, and may have no room either.</param>
public sealed class UnreadBytes(long max, UnreadBytes? all = null)
{
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Whether the connection has no room for any reply. What others hold does not count: all of this one's
    /// readers would wait for them.</summary>
    public bool IsFull
    {
        get { lock (_lock) return _bytes >= max; }
    }

    /// <summary>Counts a reply; false, and not counted, when there is no room.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="always">Whether it is counted even then.</param>
    public bool TryAdd(long bytes, bool always)
    {
        lock (_lock)
        {
            if (!always && _bytes > 0 && _bytes + bytes > max) return false;
            _bytes += bytes;
        }
        // Small ones are bounded well enough by the connection's own bound: what others leave unread must not refuse them.
        if (all is null || all.TryAdd(bytes, always || bytes <= UnreadLimit.SmallBytes)) return true;
        lock (_lock) _bytes -= bytes;
        return false;
    }

    /// <summary>They were read, or are dropped.</summary>
    public void Remove(long bytes)
    {
        lock (_lock) _bytes -= bytes;
        all?.Remove(bytes);
    }
}
