namespace TinyKv.Actors.Gateway;

/// <summary>The bytes of replies that all connections of one kind hold and their clients have not read; from any thread.
/// Each connection has its own bound, but there may be many.</summary>
/// <param name="most">From so many bytes on, large replies are refused.</param>
public sealed class UnreadTotal(long most = UnreadTotal.MostBytes)
{
    /// <summary>As many as eight connections may leave unread.</summary>
    public const long MostBytes = 8 * UnreadLimit.MostBytes;

    /// <summary>Smaller replies are bounded well enough by how many calls and connections there may be.</summary>
    public const int SmallBytes = 64 * 1024;

    private long _bytes;

    /// <summary>Whether there is room for one more reply.</summary>
    public bool HasRoomFor(long bytes) =>
        bytes <= SmallBytes || Interlocked.Read(ref _bytes) is var held && (held == 0 || held + bytes <= most);

    /// <summary>Counts a reply.</summary>
    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>It was read, or is dropped.</summary>
    public void Remove(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}
