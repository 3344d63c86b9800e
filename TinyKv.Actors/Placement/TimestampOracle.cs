using TinyKv.Core;
using TinyKv.Protocol.Placement;

namespace TinyKv.Actors.Placement;

/// <summary>
/// Timestamps of one leader in one term, without clock or I/O. It gives out only what lies inside windows that the
/// log has reserved for it, and starts at the end of every window that was reserved before: so no two leaders ever
/// give out the same, nor a later one less, whatever their clocks say.
/// </summary>
internal sealed class TimestampOracle
{
    /// <summary>The counter within one millisecond ends here.</summary>
    public const long LogicalEnd = 1 << 18;

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
        PlacementCommandCodec.EndOfTimeMs,
        Math.Max(nowMs, Math.Max(_physical + 1, End)) + (long)window.TotalMilliseconds);

    /// <summary>Whether less than half of the window is left.</summary>
    public bool IsLow(long nowMs, TimeSpan window) => Math.Max(nowMs, _physical) + window.TotalMilliseconds / 2 >= End;
}
