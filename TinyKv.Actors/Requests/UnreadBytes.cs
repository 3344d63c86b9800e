namespace TinyKv.Actors.Requests;

/// <summary>The bytes of replies that one connection, or all of one kind, hold and that are not read; from any thread.
/// Of our own for the same reasons as <see cref="InFlight"/>.</summary>
/// <param name="max">Beyond so many bytes a reply is refused; one always fits.</param>
public sealed class UnreadBytes(long max)
{
    private readonly Lock _lock = new();
    private long _bytes;

    /// <summary>Counts a reply; false, and not counted, when there is no room.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="always">Whether it is counted even then.</param>
    public bool TryAdd(long bytes, bool always)
    {
        lock (_lock)
        {
            if (!always && _bytes > 0 && _bytes + bytes > max) return false;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>They were read, or are dropped.</summary>
    public void Remove(long bytes)
    {
        lock (_lock) _bytes -= bytes;
    }
}
