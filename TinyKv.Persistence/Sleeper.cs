using System.Diagnostics.CodeAnalysis;

namespace TinyKv.Persistence;

/// <summary>
/// Lets one thread sleep until it is woken, and neither spins first nor takes a lock. A store shares its processors with
/// the peers that it waits for, which a spinning thread would hold up; and a thread woken by a monitor goes back to
/// sleep until its waker has left the lock.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "freed with the last reference: a late wake must find it")]
public sealed class Sleeper
{
    private readonly AutoResetEvent _woken = new(initialState: false);

    /// <summary>Sleeps until <see cref="Wake"/>, or not at all if it was called since the last sleep.</summary>
    public void Sleep() => _woken.WaitOne();

    /// <summary>Wakes the thread, once.</summary>
    public void Wake() => _woken.Set();
}
