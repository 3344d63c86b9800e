namespace TinyKv.Core.Raft;

/// <summary>
/// Reads without the log (thesis, section 6.4). A read may be served at the commit index of its arrival once
/// a round of heartbeats that began after it shows that we still led, or while a lease from such a round
/// holds.
/// </summary>
internal sealed partial class Leader
{
    private readonly List<long> _earlyReads = []; // until an entry of our term is committed
    private readonly ReadQueue _reads = new();
    private readonly Queue<(long Round, long Tick)> _rounds = new(); // on their way, for the lease
    private long _round;
    private long? _leaseStart;

    /// <summary>Queues reads; those that need no confirmation any more are granted at once.</summary>
    public void Read(IReadOnlyList<long> contexts)
    {
        // Before that our commit index may be behind one that an earlier leader has answered reads from.
        if (_raft.Log.Commit < _firstOwn) _earlyReads.AddRange(contexts);
        else Admit(contexts);
    }

    public override void Leave()
    {
        foreach (var read in _reads.TakeConfirmed(long.MaxValue)) _raft.Drop(read.Context);
        foreach (var context in _earlyReads) _raft.Drop(context);
    }

    private bool HasLease => _raft.Options.LeaseReads && !_hasHandedOver
        && (_raft.Configuration.IsOnlyVoter(_raft.Self) || _raft.Now - _leaseStart < _raft.Options.LeaseTicks);

    private void AdmitEarlyReads()
    {
        if (_earlyReads.Count == 0) return;
        Admit(_earlyReads);
        _earlyReads.Clear();
    }

    private void Admit(IReadOnlyList<long> contexts)
    {
        if (contexts.Count == 0) return;
        if (HasLease)
        {
            foreach (var context in contexts) _raft.Grant(new ReadGrant(context, _raft.Log.Commit));
            return;
        }

        // The rounds under way left before these reads came. They share the next one, which leaves when the
        // round that others wait for is back: however many reads come, there is one round at a time.
        var isIdle = _reads.OldestRound is null;
        foreach (var context in contexts) _reads.Add(new ReadGrant(context, _raft.Log.Commit), _round + 1);
        if (isIdle) SendHeartbeats();
        ConfirmReads();
    }

    private long BeginRound()
    {
        _round = _raft.NextRound();
        _rounds.Enqueue((_round, _raft.Now));
        return _round;
    }

    private void ConfirmReads()
    {
        var confirmed = Reached(_round, static f => f.Round);
        while (_rounds.TryPeek(out var oldest) && oldest.Round <= confirmed)
        {
            // When the heartbeats left: a follower may have heard them, and begun to refuse votes, right
            // then.
            _leaseStart = oldest.Tick;
            _rounds.Dequeue();
        }

        foreach (var read in _reads.TakeConfirmed(confirmed)) _raft.Grant(read);
        if (_reads.OldestRound > _round) SendHeartbeats();
    }
}
