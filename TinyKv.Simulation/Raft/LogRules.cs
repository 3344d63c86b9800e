using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Log matching: entries with the same index and term are the same, and so is everything before them. It
/// follows by induction from each entry having one content and one predecessor, which is what is checked.
/// </summary>
internal sealed class LogRules(Cluster cluster)
{
    private readonly Dictionary<LogPosition, (Entry Entry, LogPosition Previous)> _entries = [];

    /// <summary>Checks a record that a member is about to store.</summary>
    public void Storing(Node node, View before, RaftRecord record)
    {
        Judge.Holds(Rule.LogMatching, record.Term == node.Core.Term, $"{node.Id} stores {record.Term} in {node.Core.Term}");
        if (record.Entries.IsEmpty) return;
        var first = record.Entries[0].Index;
        Judge.Holds(Rule.LogMatching, first <= node.Log.Last.Index + 1, $"{node.Id} stores {first} after {node.Log.Last}");
        Judge.Holds(Rule.LogMatching, first > before.Commit,
            $"{node.Id} stores {first} over its commit index {before.Commit}");
        if (first <= node.Log.Last.Index) CheckTruncation(node, before, record);
        var previous = node.Log.At(first - 1);
        foreach (var entry in record.Entries)
        {
            CheckEntry(node, entry, previous);
            previous = entry.Position;
        }
    }

    /// <summary>
    /// A group of one lost entries that nobody else ever saw: others may take their positions.
    /// </summary>
    public void ForgetUnrecorded(Node node)
    {
        for (var index = node.Journal.Log.Last.Index + 1; index <= node.Log.Last.Index; index++)
            _entries.Remove(node.Log.At(index));
    }

    private void CheckTruncation(Node node, View before, RaftRecord record)
    {
        var first = record.Entries[0];
        Judge.Holds(Rule.LogMatching, !before.Leads || record.Term > before.Term,
            $"{node.Id} leads and overwrites {first.Index}");
        Judge.Holds(Rule.LogMatching, record.Entries.Any(entry => !node.Log.Contains(entry.Position)),
            $"{node.Id} overwrites {first.Index} with entries that it has");
        cluster.Marks.Hit(Mark.LogTruncated);
        cluster.Marks.HitIf(first.Index > node.Journal.Log.Last.Index, Mark.OverwrittenWhileBeingWritten);
    }

    private void CheckEntry(Node node, Entry entry, LogPosition previous)
    {
        Judge.Holds(Rule.LogMatching, entry.Index == previous.Index + 1 && entry.Term >= previous.Term,
            $"{node.Id} stores {entry.Position} after {previous}");
        Judge.Holds(Rule.LogMatching, entry.Term <= node.Core.Term,
            $"{node.Id} stores {entry.Position} in {node.Core.Term}");
        if (_entries.TryAdd(entry.Position, (entry, previous))) return;
        var known = _entries[entry.Position];
        Judge.Holds(Rule.LogMatching, known.Previous == previous && known.Entry.Equals(entry),
            $"{node.Id} stores {entry.Position} after {previous}; others differ, after {known.Previous}");
    }
}
