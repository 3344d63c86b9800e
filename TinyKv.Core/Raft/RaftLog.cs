using System.Collections.Immutable;
using System.Runtime.InteropServices;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>
/// The log in memory, and how far it is recorded, durable, committed and handed to the state machine:
/// handed out ≤ min(commit, durable), commit ≤ last, durable ≤ last.
/// </summary>
internal sealed class RaftLog(LogPosition truncated, Configuration configuration)
{
    // From here on a list that is mostly empty is worth a copy: one that waited for a member that was away.
    private const int ManySlots = 4096;

    // Running totals make the size of any range a subtraction.
    private readonly record struct Slot(Entry Entry, long BytesThrough);

    private readonly List<Slot> _slots = [];
    private readonly Durability _durability = new();
    private long _recorded = truncated.Index;
    private long _handedOut = truncated.Index;
    private long _bytesTruncated; // the running total at the truncated position

    /// <summary>Who the members are, at each index.</summary>
    public ConfigurationStack Configurations { get; } = new(truncated.Index, configuration);

    /// <summary>The position before the first entry.</summary>
    public LogPosition Truncated { get; private set; } = truncated;

    /// <summary>The end of the log.</summary>
    public LogPosition Last => _slots.Count == 0 ? Truncated : _slots[^1].Entry.Position;

    /// <summary>One past the truncated position.</summary>
    public long FirstIndex => Truncated.Index + 1;

    /// <summary>The last index known to be committed.</summary>
    public long Commit { get; private set; } = truncated.Index;

    /// <summary>The last index that is on stable storage together with all before it.</summary>
    public long Durable => _durability.Index;

    /// <summary>Whether a record is on its way to stable storage.</summary>
    public bool IsWriting => _durability.IsWriting;

    /// <summary>The last index that was handed to the state machine.</summary>
    public long HandedOut => _handedOut;

    /// <summary>The bytes of all commands.</summary>
    public long Bytes => BytesAfter(Truncated.Index);

    /// <summary>The bytes of the commands behind <paramref name="index"/>.</summary>
    public long BytesAfter(long index) => BytesThrough(Last.Index) - BytesThrough(index);

    /// <summary>The term of the entry at <paramref name="index"/>.</summary>
    public long TermAt(long index)
    {
        Invariant.Holds(index >= Truncated.Index && index <= Last.Index, $"no entry {index} up to {Last}");
        return index == Truncated.Index ? Truncated.Term : At(index).Entry.Term;
    }

    /// <summary>The entry at <paramref name="index"/>, which is in the log.</summary>
    public Entry this[long index] => At(index).Entry;

    /// <summary>The position of the entry at <paramref name="index"/>.</summary>
    public LogPosition PositionAt(long index) => new(index, TermAt(index));

    /// <summary>
    /// Whether the log contains <paramref name="position"/>, and so, by log matching, agrees up to it.
    /// </summary>
    public bool Matches(LogPosition position) => position.Index >= Truncated.Index
        && position.Index <= Last.Index && TermAt(position.Index) == position.Term;

    /// <summary>
    /// The last position at or before <paramref name="bound"/> in index and in term: where a log that ends in
    /// <paramref name="bound"/> may agree with this one. The truncated position when there is none.
    /// </summary>
    public LogPosition LastWithin(LogPosition bound)
    {
        var low = Truncated.Index;
        var high = Math.Max(low, Math.Min(bound.Index, Last.Index));
        while (low < high)
        {
            // Terms never fall along the log, so they can be bisected.
            var middle = low + (high - low + 1) / 2;
            if (TermAt(middle) <= bound.Term) low = middle;
            else high = middle - 1;
        }

        return PositionAt(low);
    }

    /// <summary>
    /// Entries from <paramref name="from"/> on, bounded in number and bytes; one always fits.
    /// </summary>
    public ImmutableArray<Entry> Slice(long from, long maxEntries, long maxBytes)
    {
        var end = Math.Min(Last.Index, from - 1 + maxEntries);
        if (end < from) return [];
        var before = BytesThrough(from - 1);
        var count = 1;
        while (from + count <= end && BytesThrough(from + count) - before <= maxBytes) count++;

        var entries = new Entry[count];
        for (var i = 0; i < count; i++) entries[i] = At(from + i).Entry;
        return ImmutableCollectionsMarshal.AsImmutableArray(entries);
    }

    /// <summary>
    /// Takes in a leader's entries that follow a position this log has. What is there already stays, also
    /// behind the last of them: an append that comes late or twice must not remove what came after it
    /// (section 5.3).
    /// </summary>
    public void Merge(ReadOnlySpan<Entry> entries)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (Matches(entries[i].Position)) continue;
            Append(entries[i..]);
            return;
        }
    }

    /// <summary>
    /// Puts <paramref name="entries"/> in place of everything from the first one's index on.
    /// </summary>
    public void Append(ReadOnlySpan<Entry> entries)
    {
        if (entries.IsEmpty) return;
        var first = entries[0].Index;
        Invariant.Holds(first > Commit, $"entry {first} would overwrite what is committed up to {Commit}");
        Invariant.Holds(first <= Last.Index + 1, $"entry {first} would leave a gap after {Last}");
        if (first <= Last.Index) Truncate(first);

        foreach (var entry in entries)
        {
            var follows = entry.Index == Last.Index + 1 && entry.Term >= Last.Term;
            Invariant.Holds(follows, $"{entry.Position} does not follow {Last}");
            _slots.Add(new Slot(entry, BytesThrough(Last.Index) + entry.Data.Length));
            if (entry.Kind == EntryKind.Configuration)
                Configurations.Push(entry.Index, ConfigurationCodec.Decode(entry.Data.Span));
        }
    }

    /// <summary>
    /// Ends the replay: all that is here is durable, and applied up to <paramref name="applied"/>.
    /// </summary>
    public void Open(long applied)
    {
        Invariant.Holds(
            applied >= Truncated.Index && applied <= Last.Index,
            $"the state machine has applied entry {applied}, and the log goes from {Truncated} to {Last}: entries are lost");
        _durability.Recovered(Last.Index);
        _recorded = Last.Index;
        _handedOut = applied;
        Commit = applied;
    }

    /// <summary>Commits up to <paramref name="index"/>; never goes back.</summary>
    public void CommitTo(long index)
    {
        Invariant.Holds(index <= Last.Index, $"commit {index} is beyond the last entry {Last}");
        Commit = Math.Max(Commit, index);
    }

    /// <summary>
    /// The entries that changed since the last record. The caller puts them into one, also when empty.
    /// </summary>
    public ImmutableArray<Entry> BeginWrite()
    {
        var entries = Slice(_recorded + 1, Last.Index - _recorded, long.MaxValue);
        _recorded = Last.Index;
        _durability.Begin(entries.IsEmpty ? 0 : Last.Index);
        return entries;
    }

    /// <summary>Whether there are entries that no record holds yet.</summary>
    public bool HasUnrecorded => _recorded < Last.Index;

    /// <summary>The oldest record under way is durable.</summary>
    public void EndWrite() => _durability.Complete();

    /// <summary>The entries that may be applied now, each once.</summary>
    public ImmutableArray<Entry> TakeApplicable()
    {
        var end = Math.Min(Commit, Durable);
        if (end <= _handedOut) return [];
        var entries = Slice(_handedOut + 1, end - _handedOut, long.MaxValue);
        _handedOut = end;
        return entries;
    }

    /// <summary>
    /// Where the log ends of what leads up to <paramref name="position"/>: there, if it has all of it. What was
    /// compacted was committed, so it counts as held.
    /// </summary>
    public LogPosition HeldOf(LogPosition position) =>
        position.Index <= Truncated.Index ? position : LastWithin(position);

    /// <summary>
    /// Drops everything up to <paramref name="end"/>, which the state machine has. Moves the rest, which is
    /// seldom more than what is dropped.
    /// </summary>
    public void Compact(LogPosition end)
    {
        Invariant.Holds(end.Index <= Math.Min(_handedOut, Durable) && Matches(end),
            $"the log cannot be compacted up to {end}: it goes from {Truncated} to {Last} and was handed out up to {_handedOut}");
        _bytesTruncated = BytesThrough(end.Index);
        _slots.RemoveRange(0, (int)(end.Index - Truncated.Index));
        if (_slots.Capacity >= ManySlots && _slots.Count < _slots.Capacity / 4) _slots.TrimExcess();
        Configurations.Compact(end.Index);
        Truncated = end;
    }

    /// <summary>
    /// Begins anew behind <paramref name="position"/>, which a snapshot has brought the state machine to. It is durable when
    /// the write is that begins with this.
    /// </summary>
    public void Install(LogPosition position, Configuration configuration)
    {
        Invariant.Holds(position.Index > Commit, $"a snapshot at {position} is behind {Commit}");
        _slots.Clear();
        _slots.TrimExcess();
        _bytesTruncated = 0;
        Truncated = position;
        Commit = _handedOut = _recorded = position.Index;
        Configurations.Reset(position.Index, configuration);
        _durability.Truncate(1); // what was being written is not in this log
        _durability.Begin(position.Index);
    }

    private void Truncate(long index)
    {
        _slots.RemoveRange((int)(index - FirstIndex), (int)(Last.Index - index + 1));
        _durability.Truncate(index);
        Configurations.Truncate(index);
        _recorded = Math.Min(_recorded, index - 1);
    }

    private Slot At(long index) => _slots[(int)(index - FirstIndex)];

    private long BytesThrough(long index) => index <= Truncated.Index ? _bytesTruncated : At(index).BytesThrough;
}
