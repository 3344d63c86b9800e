namespace TinyKv.Core.Raft;

/// <summary>
/// Makes a member from the events of its journal: the initial state or the last checkpoint, then the records, none missing.
/// A journal that lost some in the middle, or all but their number, would make the member forget a vote. Before a checkpoint
/// any may be missing: they are about to be deleted.
/// </summary>
/// <param name="create">Makes the member from its initial state.</param>
public sealed class JournalReplay(Func<InitialState, RaftCore> create)
{
    private long _last;

    /// <summary>The member, as far as it is replayed; null before its initial state or a checkpoint.</summary>
    public RaftCore? Member { get; private set; }

    /// <summary>Takes in the event with this number, the first one.</summary>
    /// <exception cref="InvariantViolationException">It is not the first.</exception>
    public void Take(long number, InitialState initial)
    {
        Invariant.Holds(_last == 0, $"event {number} is an initial state behind event {_last}");
        (Member, _last) = (create(initial), number);
    }

    /// <summary>Takes in the event with this number.</summary>
    /// <exception cref="InvariantViolationException">It does not follow the one before.</exception>
    public void Take(long number, RaftRecord record)
    {
        Invariant.Holds(_last == 0 || number == _last + 1, $"event {number} follows event {_last}");
        Member?.Replay(record);
        _last = number;
    }

    /// <summary>Takes in the event with this number, in place of all before it.</summary>
    public void Take(long number, RaftCheckpoint checkpoint)
    {
        (Member, _last) = (create(checkpoint.Initial), number);
        Member.Replay(checkpoint.Record);
    }

    /// <summary>All events are taken in.</summary>
    /// <param name="highest">The highest number that was ever written; 0 when there is none.</param>
    /// <exception cref="InvariantViolationException">Some are missing.</exception>
    public void End(long highest)
    {
        Invariant.Holds(_last == highest, $"the events end with {_last}, but {highest} were written");
        Invariant.Holds(Member is not null || _last == 0,
            $"there are records, but no initial state and no checkpoint before them");
    }
}
