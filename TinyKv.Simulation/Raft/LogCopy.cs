using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A log as it follows from the records that a member stored, kept apart from the member's own.
/// </summary>
internal sealed class LogCopy(LogPosition truncated, Configuration first)
{
    private readonly List<Entry> _entries = [];
    private readonly List<(long Index, Configuration Members)> _members = [];

    /// <summary>The end of the log.</summary>
    public LogPosition Last => _entries.Count == 0 ? truncated : _entries[^1].Position;

    /// <summary>The members, as the log says.</summary>
    public Configuration Members => MembersAt(long.MaxValue);

    /// <summary>The index of the entry that says so.</summary>
    public long MembersIndex => _members.Count == 0 ? truncated.Index : _members[^1].Index;

    /// <summary>The members, as the log says up to <paramref name="index"/>.</summary>
    public Configuration MembersAt(long index) =>
        _members.FindLastIndex(known => known.Index <= index) is >= 0 and var last ? _members[last].Members : first;

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
        Truncate(entries[0].Index - 1);
        _entries.AddRange(entries);
        foreach (var entry in entries)
            if (entry.Kind == EntryKind.Configuration)
                _members.Add((entry.Index, ConfigurationCodec.Decode(entry.Data.Span)));
    }

    /// <summary>The entries behind <paramref name="index"/>.</summary>
    public ImmutableArray<Entry> After(long index) => [.. _entries.Skip((int)(index - truncated.Index))];

    /// <summary>Loses every entry behind <paramref name="last"/>.</summary>
    public void Truncate(long last)
    {
        var kept = (int)(last - truncated.Index);
        _entries.RemoveRange(kept, _entries.Count - kept);
        _members.RemoveAll(known => known.Index > last);
    }

    /// <summary>A log of these entries, from the beginning, takes the place of this one.</summary>
    public void Replace(ImmutableArray<Entry> entries)
    {
        Truncate(truncated.Index);
        Override(entries);
    }

    /// <summary>A copy that later changes do not touch.</summary>
    public LogCopy Clone()
    {
        var clone = new LogCopy(truncated, first);
        clone._entries.AddRange(_entries);
        clone._members.AddRange(_members);
        return clone;
    }
}
