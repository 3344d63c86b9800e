using System.Collections.Concurrent;

namespace TinyKv.Client;

/// <summary>The time limits of calls. Each needs a timer, which is used again for later calls. From any thread.</summary>
/// <param name="timeout">How long each call may take.</param>
internal sealed class Deadlines(TimeSpan timeout)
{
    private readonly ConcurrentQueue<CancellationTokenSource> _free = new();

    /// <summary>Begins a call; its time is over, or nobody measures it any more, when what is returned is disposed.</summary>
    /// <param name="cancellation">The caller's, which ends the call, too.</param>
    public Deadline Begin(CancellationToken cancellation)
    {
        if (!_free.TryDequeue(out var source)) source = new CancellationTokenSource();
        source.CancelAfter(timeout);
        // At once, but not on the thread of whoever cancels.
        return new Deadline(this, source, cancellation.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).CancelAfter(TimeSpan.Zero), source));
    }

    // One that has ended its call cannot be used again.
    private void End(CancellationTokenSource source)
    {
        if (source.TryReset()) _free.Enqueue(source);
        else source.Dispose();
    }

    /// <summary>The time limit of one call.</summary>
    public readonly struct Deadline(
        Deadlines? deadlines, CancellationTokenSource source, CancellationTokenRegistration caller) : IDisposable
    {
        /// <summary>Cancelled when the time is over or the caller gives up; not to be kept.</summary>
        public CancellationToken Token => source.Token;

        /// <summary>The same limit for a part of the call, which does not end with the part.</summary>
        public Deadline OfPart() => new(null, source, default);

        /// <inheritdoc/>
        public void Dispose()
        {
            caller.Dispose();
            deadlines?.End(source);
        }
    }
}
