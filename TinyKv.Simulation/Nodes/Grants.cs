using TinyKv.Core.Placement;

namespace TinyKv.Simulation.Nodes;

/// <summary>
/// What placement handed out: an id once, a timestamp above every one that was handed out before it was asked for.
/// </summary>
internal sealed class Grants
{
    private readonly HashSet<ulong> _ids = [];
    private readonly SortedDictionary<long, long> _timestamps = [];
    private readonly SortedSet<long> _ends = [];

    /// <summary>The highest timestamp so far; to be remembered when somebody asks.</summary>
    public long Highest => _ends.Count == 0 ? 0 : _ends.Max;

    /// <summary>Where the windows end that some store has applied, in milliseconds.</summary>
    public long ReservedMs { get; private set; }

    /// <summary>A store has applied a reservation.</summary>
    public void Reserve(long endMs) => ReservedMs = Math.Max(ReservedMs, endMs);

    /// <summary>An id is handed out; what is wrong with it, or null.</summary>
    public string? Add(ulong id) => _ids.Add(id) ? null : $"id {id} is handed out twice";

    /// <summary>Timestamps are handed out; what is wrong with them, or null.</summary>
    /// <param name="floor">The highest when they were asked for.</param>
    /// <param name="last">The last of them.</param>
    /// <param name="count">How many.</param>
    public string? Add(long floor, Timestamp last, int count)
    {
        var end = (last.Physical << 18) + last.Logical;
        var first = end - count + 1;
        if (first <= floor) return $"timestamp {first} is handed out after {floor}";
        if (_ends.GetViewBetween(first, long.MaxValue) is { Count: > 0 } later && _timestamps[later.Min] <= end)
            return $"timestamps {first} to {end} are handed out twice";
        _ends.Add(end);
        _timestamps[end] = first;
        return null;
    }
}
