namespace TinyKv.Core.Snapshots;

/// <summary>Spreads bytes over time, evenly: what may not leave yet waits for what left before.</summary>
/// <param name="bytesPerSecond">The rate.</param>
public sealed class RateLimit(long bytesPerSecond)
{
    private TimeSpan _free; // when what was let through so far has had its time

    /// <summary>Lets bytes through.</summary>
    /// <param name="bytes">How many; more than a second's worth, too.</param>
    /// <param name="now">The time, from any beginning on.</param>
    /// <returns>How long they have to wait.</returns>
    public TimeSpan Take(long bytes, TimeSpan now)
    {
        var start = _free > now ? _free : now;
        _free = start + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        return start - now;
    }
}
