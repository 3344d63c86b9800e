using Akka.Actor;
using TinyKv.Core;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Delays before an actor is started again: 200 ms, doubled up to 10 s, each with up to a fifth more. A start that held
/// for 10 s begins with the first again.
/// </summary>
internal sealed class RestartDelays(Random random, ITimeProvider clock)
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(10);

    private readonly Backoff _backoff = new(
        TimeSpan.FromMilliseconds(240), TimeSpan.FromSeconds(12), spread: 1 / 6.0);

    private TimeSpan? _succeededAt;

    /// <summary>The start went well, so far.</summary>
    public void Succeeded() => _succeededAt = clock.MonotonicClock;

    /// <summary>The delay before the next start.</summary>
    public TimeSpan Next()
    {
        if (clock.MonotonicClock - _succeededAt >= Held) _backoff.Reset();
        _succeededAt = null;
        return _backoff.Next(random.NextDouble());
    }
}
