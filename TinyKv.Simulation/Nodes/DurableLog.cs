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

    /// <summary>Whether it has this very entry, or begins behind it: what was compacted was committed.</summary>
    public bool Holds(LogPosition position) =>
        position.Index < _origin.Index || position == _origin || TermAt(position.Index) == position.Term;

    /// <summary>Whether a checkpoint says what is on disk now, but for what it leaves out.</summary>
    public bool IsSaidBy(RaftCheckpoint checkpoint)
    {
        var (record, end) = (checkpoint.Record, checkpoint.Initial.Truncated.Index);
        return (record.Term, record.Vote) == (Term, VoteIn(Term)) && Holds(checkpoint.Initial.Truncated)
            && end + record.Entries.Length == Last.Index
            && record.Entries.All(entry => Holds(entry.Position));
    }

    /// <summary>Whether a checkpoint keeps term and vote, and begins behind a snapshot.</summary>
    public bool IsReplacedBy(RaftCheckpoint checkpoint) =>
        (checkpoint.Record.Term, checkpoint.Record.Vote) == (Term, VoteIn(Term)) && checkpoint.Record.Entries.IsEmpty;

    /// <summary>An event reached the disk.</summary>
    public void Add(object @event)
    {
        switch (@event)
        {
            case InitialState initial: Begin(initial); break;
            case RaftRecord record: Add(record); break;
            case RaftCheckpoint checkpoint:
                Begin(checkpoint.Initial);
                _votes.Remove(checkpoint.Record.Term);
                Add(checkpoint.Record);
                break;
        }
    }

    private void Begin(InitialState initial)
    {
        _origin = initial.Truncated;
        _terms.Clear();
        Term = initial.Truncated.Term;
    }

    private void Add(RaftRecord record)
    {
        Term = record.Term;
        if (record.Vote != PeerId.None) _votes[record.Term] = record.Vote;
        if (record.Entries.IsEmpty) return;
        var first = (int)(record.Entries[0].Index - _origin.Index - 1);
        if (first < _terms.Count) _terms.RemoveRange(first, _terms.Count - first);
        _terms.AddRange(record.Entries.Select(entry => entry.Term));
    }
}
