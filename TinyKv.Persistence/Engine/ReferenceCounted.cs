namespace TinyKv.Persistence.Engine;

/// <summary>
/// Counts the users of a native resource; the last one frees it. A read that races with the end of the engine
/// then fails with <see cref="ObjectDisposedException"/> instead of touching freed memory.
/// </summary>
internal sealed class ReferenceCounted(string name, Action free)
{
    // Starts at one: the owner's own use, given back by Close.
    private int _users = 1;
    private int _closed;

    /// <summary>Adds a user, to be given back with <see cref="Release"/>.</summary>
    public void Acquire()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0 && Volatile.Read(ref _closed) == 0)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users) return;
            users = seen;
        }
        throw new ObjectDisposedException(name);
    }

    /// <summary>Gives back one use.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) free();
    }

    /// <summary>Gives back the owner's use, once; no further users are let in.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0) Release();
    }
}
