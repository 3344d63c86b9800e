using System.Collections.Immutable;
using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A log as it follows from the records that a member stored, kept apart from the member's own.
/// </summary>
internal sealed class LogCopy(LogPosition truncated)
{
    private readonly List<Entry> _entries = [];

    /// <summary>The end of the log.</summary>
    public LogPosition Last => _entries.Count == 0 ? truncated : _entries[^1].Position;

    /// <summary>The entry at <paramref name="index"/>.</summary>
    public Entry this[long index] => _entries[(int)(index - truncated.Index - 1)];

    /// <summary>
    /// The position at <paramref name="index"/>, which is not before the start and not past the end.
    /// </summary>
    public LogPosition At(long index) => index == truncated.Index ? truncated : this[index].Position;

    /// <summary>Whether the log has this very entry, or starts right after it.</summary>
    public bool Contains(LogPosition position) =>
        position.Index >= truncated.Index && position.Index <= Last.Index && At(position.Index) == position;

    /// <summary>Whether the log has this very entry, or begins behind it.</summary>
    public bool Holds(LogPosition position) => position.Index < truncated.Index || Contains(position);

    /// <summary>Appends <paramref name="entries"/>, in place of all from the first one's index on.</summary>
    public void Override(ImmutableArray<Entry> entries)
    {
        if (entries.IsEmpty) return;
        var kept = (int)(entries[0].Index - truncated.Index - 1);
        _entries.RemoveRange(kept, _entries.Count - kept);
        _entries.AddRange(entries);
    }

    /// <summary>The entries behind <paramref name="index"/>.</summary>
    public ImmutableArray<Entry> After(long index) => [.. _entries.Skip((int)(index - truncated.Index))];

    /// <summary>Loses every entry behind <paramref name="last"/>.</summary>
    public void Truncate(long last)
    {
        var kept = (int)(last - truncated.Index);
        _entries.RemoveRange(kept, _entries.Count - kept);
    }

    /// <summary>A copy that later changes do not touch.</summary>
    public LogCopy Clone()
    {
        var clone = new LogCopy(truncated);
        clone._entries.AddRange(_entries);
        return clone;
    }
}
