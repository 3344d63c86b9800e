using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>
/// Hands leadership over (thesis, section 3.10): the other is brought up to date, while nothing is proposed, and told to
/// stand for election at once. Voters elect it though they hear a leader: so no lease may rest on them any more.
/// </summary>
internal sealed partial class Leader
{
    private PeerId _transferee; // nobody: no transfer is under way
    private long _transferEnds; // the tick when it is given up
    private long _lacked; // what the last to whom it was not transferred in time did not have
    private bool _hasHandedOver; // somebody was told to stand for election in this term

    /// <summary>To whom leadership is being transferred; nobody if it is not.</summary>
    public PeerId Transferee => _transferee;

    /// <summary>Begins a transfer, unless something speaks against it.</summary>
    public TransferOutcome Transfer(PeerId to)
    {
        if (to == _raft.Self)
        {
            _transferee = PeerId.None;
            return new TransferOutcome.Refused(TransferRefusal.LeadsAlready, $"{to} leads already");
        }
        if (Find(to) is not { IsLeaving: false } follower)
            return new TransferOutcome.Refused(TransferRefusal.NoSuchPeer, $"{to} is not a member");
        if (!follower.IsVoter)
            return new TransferOutcome.Refused(TransferRefusal.IsLearner, $"{to} is a learner: promote it first");
        if (follower.State == ProgressState.DataLoss)
            return new TransferOutcome.Refused(TransferRefusal.HasLostData, $"{to} has lost data");
        if (_transferee == to) return new TransferOutcome.Begun(); // once more: the end stays where it is
        (_transferee, _transferEnds, _lacked) = (to, _raft.Now + _raft.Options.ElectionTicks, 0);
        HandOverWhenCaughtUp(follower);
        return new TransferOutcome.Begun();
    }

    /// <summary>Begins a transfer to the voter that has most of the log, of those that were heard lately.</summary>
    public TransferOutcome TransferToBest()
    {
        var best = _followers
            .Where(f => f is { IsVoter: true, IsLeaving: false, IsHeard: true } && f.State != ProgressState.DataLoss
                && _raft.Now - f.HeardAt < _raft.Options.ElectionTicks)
            .MaxBy(static f => (f.Match, f.HeardAt));
        return best is not null ? Transfer(best.Peer)
            : new TransferOutcome.Refused(TransferRefusal.NoSuchPeer, "no other voter is heard");
    }

    /// <summary>What the member that leadership was being transferred to last lacked when its time was over.</summary>
    public long Lacked => _lacked;

    /// <summary>Time passes: who has not won by now will not be waited for.</summary>
    private void LimitTransfer()
    {
        if (_transferee == PeerId.None || _raft.Now < _transferEnds) return;
        _lacked = Find(_transferee) is { } late ? _raft.Log.Last.Index - late.Match : 0;
        _transferee = PeerId.None;
    }

    /// <summary>An answer of a follower has come, perhaps of the one that is waited for.</summary>
    private void HandOverWhenCaughtUp(Progress follower)
    {
        if (follower.Peer == _transferee && follower.Match == _raft.Log.Last.Index) HandOver(follower);
    }

    /// <summary>Who leads no more because it is removed names a successor, so that nobody has to wait for a timeout.</summary>
    private void HandOverToBest()
    {
        var best = _followers.Where(static f => f.IsVoter && f.State != ProgressState.DataLoss).MaxBy(static f => f.Match);
        if (best is not null && best.Match >= _raft.Log.Commit) HandOver(best);
    }

    private void HandOver(Progress follower)
    {
        _hasHandedOver = true;
        _raft.SendNow(follower.Peer, new RaftMessage.TimeoutNow(_raft.Log.PositionAt(follower.Match)));
    }
}
