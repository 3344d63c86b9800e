using Akka.Actor;

namespace TinyKv.Actors.Regions;

/// <summary>
/// Delays between attempts: 200 ms, doubled up to 10 s, each with up to a fifth more so that peers do not come back in
/// step. An attempt that held for 10 s starts over.
/// </summary>
internal sealed class Backoff(Random random, ITimeProvider clock)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;
    private TimeSpan? _succeededAt;

    /// <summary>The attempt went well, so far.</summary>
    public void Succeeded() => _succeededAt = clock.MonotonicClock;

    /// <summary>The delay before the next attempt.</summary>
    public TimeSpan Next()
    {
        if (clock.MonotonicClock - _succeededAt >= Longest) _next = First;
        _succeededAt = null;
        var delay = _next * (1 + random.NextDouble() / 5);
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return delay;
    }
}
