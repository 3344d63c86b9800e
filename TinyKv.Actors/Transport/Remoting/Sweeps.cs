namespace TinyKv.Actors.Transport.Remoting;

/// <summary>
/// Looks again and again as long as there is something to look at, and not at all otherwise: a store where nobody owes
/// anything is not woken. From any thread.
/// </summary>
internal sealed class Sweeps : IDisposable
{
    private readonly TimeSpan _pause;
    private readonly Func<bool> _look;
    private readonly ITimer _timer;
    private int _due;

    /// <summary>Looks at nothing yet.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="pause">The time from one look to the next.</param>
    /// <param name="look">Looks at all there is; whether it is to be looked at again.</param>
    public Sweeps(TimeProvider time, TimeSpan pause, Func<bool> look)
    {
        (_pause, _look) = (pause, look);
        _timer = time.CreateTimer(
            static self => ((Sweeps)self!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There is something to look at.</summary>
    public void Need()
    {
        if (Interlocked.Exchange(ref _due, 1) == 0) _timer.Change(_pause, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends it.</summary>
    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        // Before the look: what comes during it is looked at the next time. A plain write might still be on its way when the
        // look begins, and whoever came in between would rely on a look that has passed it.
        Interlocked.Exchange(ref _due, 0);
        if (_look()) Need();
    }
}
