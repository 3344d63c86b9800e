namespace TinyKv.Core;

/// <summary>
/// The delays between attempts: each is drawn from the upper part of a bound that doubles, so that those who failed
/// together do not come back together. Not for several threads.
/// </summary>
/// <param name="first">The first bound.</param>
/// <param name="longest">What it grows to.</param>
/// <param name="spread">How much of the bound is drawn, from 0 to 1.</param>
public sealed class Backoff(TimeSpan first, TimeSpan longest, double spread)
{
    private TimeSpan? _bound;

    /// <summary>The next delay.</summary>
    /// <param name="draw">A random number from 0 to 1.</param>
    public TimeSpan Next(double draw)
    {
        var bound = _bound ?? first;
        _bound = bound * 2 < longest ? bound * 2 : longest;
        return bound * (1 - spread * (1 - draw));
    }

    /// <summary>Begins with the first bound again.</summary>
    public void Reset() => _bound = null;
}
