using TinyKv.Core.Raft;

namespace TinyKv.Simulation.Nodes;

/// <summary>What a disk holds of one Raft log, worked out from the events that reached it.</summary>
internal sealed class DurableLog
{
    private readonly List<long> _terms = [];
    private readonly Dictionary<long, PeerId> _votes = [];
    private LogPosition _origin;

    /// <summary>The term on disk.</summary>
    public long Term { get; private set; }

    /// <summary>The last position on disk.</summary>
    public LogPosition Last => _terms.Count == 0 ? _origin : new(_origin.Index + _terms.Count, _terms[^1]);

    /// <summary>Whom it voted for in a term, as far as that ever reached the disk.</summary>
    public PeerId VoteIn(long term) => _votes.GetValueOrDefault(term);

    /// <summary>The term of the entry at an index; null when the disk has none.</summary>
    public long? TermAt(long index)
    {
        var at = index - _origin.Index - 1;
        return at >= 0 && at < _terms.Count ? _terms[(int)at] : null;
    }

    /// <summary>An event reached the disk.</summary>
    public void Add(object @event)
    {
        if (@event is InitialState initial)
        {
            _origin = initial.Truncated;
            Term = initial.Truncated.Term;
            return;
        }
        var record = (RaftRecord)@event;
        Term = record.Term;
        if (record.Vote != PeerId.None) _votes[record.Term] = record.Vote;
        if (record.Entries.IsEmpty) return;
        var first = (int)(record.Entries[0].Index - _origin.Index - 1);
        if (first < _terms.Count) _terms.RemoveRange(first, _terms.Count - first);
        _terms.AddRange(record.Entries.Select(entry => entry.Term));
    }
}
