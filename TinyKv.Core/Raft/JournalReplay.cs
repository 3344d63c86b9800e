namespace TinyKv.Core.Raft;

/// <summary>
/// Makes a member from the events of its journal: the initial state, then the records, none missing. A journal that lost some in
/// the middle, or all but their number, would make the member forget a vote.
/// </summary>
/// <param name="create">Makes the member from its initial state.</param>
public sealed class JournalReplay(Func<InitialState, RaftCore> create)
{
    private long _last;

    /// <summary>The member, as far as it is replayed; null before its initial state.</summary>
    public RaftCore? Member { get; private set; }

    /// <summary>Takes in the event with this number, the first one.</summary>
    /// <exception cref="InvariantViolationException">It is not the first.</exception>
    public void Take(long number, InitialState initial)
    {
        Invariant.Holds(Member is null, $"event {number} is a second initial state");
        (Member, _last) = (create(initial), number);
    }

    /// <summary>Takes in the event with this number.</summary>
    /// <exception cref="InvariantViolationException">It does not follow the one before.</exception>
    public void Take(long number, RaftRecord record)
    {
        Invariant.Holds(Member is not null, $"event {number} is a record before the initial state");
        Invariant.Holds(number == _last + 1, $"event {number} follows event {_last}");
        Member.Replay(record);
        _last = number;
    }

    /// <summary>All events are taken in.</summary>
    /// <param name="highest">The highest number that was ever written; 0 when there is none.</param>
    /// <exception cref="InvariantViolationException">Some are missing.</exception>
    public void End(long highest) =>
        Invariant.Holds(_last == highest, $"the events end with {_last}, but {highest} were written");
}
