namespace TinyKv.Core.Placement;

/// <summary>
/// Timestamps of one leader in one term, without clock or I/O. It gives out only what lies inside windows that the
/// log has reserved for it, and starts at the end of every window that was reserved before: so no two leaders ever
/// give out the same, nor a later one less, whatever their clocks say.
/// </summary>
public sealed class TimestampOracle
{
    /// <summary>The counter within one millisecond ends here.</summary>
    public const long LogicalEnd = 1 << 18;

    /// <summary>
    /// The end of time for timestamps, in milliseconds since 1970: with the 18 bits for those within one millisecond a
    /// timestamp fits 63 bits until the year 3084.
    /// </summary>
    public const long EndOfTimeMs = 1L << 45;

    private long _physical;
    private long _logical;

    /// <summary>The term that the windows were reserved in.</summary>
    public long Term { get; private set; } = -1;

    /// <summary>Milliseconds at which the windows of this term end.</summary>
    public long End { get; private set; }

    /// <summary>A term of leadership begins; every window before it ended at <paramref name="end"/>.</summary>
    public void Begin(long term, long end)
    {
        Invariant.Holds(term > Term, $"timestamps of term {term} begin after those of {Term}");
        Term = term;
        _physical = end;
        _logical = 0;
        End = end;
    }

    /// <summary>The log has reserved everything below <paramref name="end"/> for this term.</summary>
    public void Extend(long end) => End = Math.Max(End, end);

    /// <summary>
    /// The last of <paramref name="count"/> consecutive timestamps, none given out before; null when the window has
    /// no room for them.
    /// </summary>
    public Timestamp? Next(int count, long nowMs)
    {
        Invariant.Holds(count >= 1 && count <= LogicalEnd - 1, $"{count} timestamps at once");
        var (physical, logical) = nowMs > _physical ? (nowMs, 0L) : (_physical, _logical);
        // All of them within one millisecond: callers count down from the last.
        if (logical + count >= LogicalEnd) (physical, logical) = (physical + 1, 0);
        if (physical >= End) return null;
        (_physical, _logical) = (physical, logical + count);
        return new Timestamp(_physical, _logical);
    }

    /// <summary>Where the next window should end; where this one ends when nothing is left behind it.</summary>
    public long NextEnd(long nowMs, TimeSpan window) => Math.Min(
        EndOfTimeMs,
        Math.Max(nowMs, Math.Max(_physical + 1, End)) + (long)window.TotalMilliseconds);

    /// <summary>Whether less than half of the window is left.</summary>
    public bool IsLow(long nowMs, TimeSpan window) => Math.Max(nowMs, _physical) + window.TotalMilliseconds / 2 >= End;
}

/// <summary>A point in the cluster's time: milliseconds since 1970, and a counter of 18 bits within them.</summary>
public readonly record struct Timestamp(long Physical, long Logical);
