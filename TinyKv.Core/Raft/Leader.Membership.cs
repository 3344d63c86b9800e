using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>
/// Changes of members (thesis, chapter 4): one at a time, each in force from its entry on. The leader may remove itself; it
/// leads without counting itself until that is committed.
/// </summary>
internal sealed partial class Leader
{
    /// <summary>Changes one member, unless something speaks against it.</summary>
    public ConfChangeOutcome Change(ConfChange change)
    {
        var outcome = change.Apply(_raft.Configuration);
        if (outcome is not ConfChangeOutcome.Accepted accepted) return outcome;
        if (Against(change) is { } refused) return refused;
        var position = new LogPosition(_raft.Log.Last.Index + 1, _raft.Term);
        var data = ConfigurationCodec.Encode(accepted.Next);
        _raft.Log.Append([new Entry(position, EntryKind.Configuration, data)]);
        Reconfigure();
        Replicate();
        AdvanceCommit(); // fewer may be a majority now
        return accepted;
    }

    private ConfChangeOutcome.Refused? Against(ConfChange change)
    {
        var log = _raft.Log;
        // Before that, a change that an earlier leader had begun may be under way elsewhere, and the majorities of two
        // different changes need have nobody in common.
        if (log.Commit < _firstOwn)
        {
            return new(ConfChangeRefusal.LeaderIsNew,
                $"the leader of term {_raft.Term} has not committed anything yet; try again");
        }
        if (log.Configurations.Index > log.Commit)
        {
            return new(ConfChangeRefusal.ChangeUnderWay,
                $"the change of members at {log.Configurations.Index} is not committed yet; try again");
        }
        return change switch
        {
            _ when _transferee != PeerId.None =>
                new(ConfChangeRefusal.LeadershipTransfer, $"leadership is being transferred to {_transferee}; try again"),
            ConfChange.AddLearner(var peer, _) when _raft.Find(peer) is { } former =>
                new(ConfChangeRefusal.PeerIdUsed, $"{peer} was a member, on {former.Store}: a new peer needs a new number"),
            ConfChange.AddLearner(var peer, _) when Find(peer) is not null =>
                new(ConfChangeRefusal.PeerIdUsed, $"{peer} is being removed: a new peer needs a new number"),
            ConfChange.Promote(var peer) when !IsCaughtUp(Find(peer)!) =>
                new(ConfChangeRefusal.LearnerIsBehind,
                    $"{peer} has the log up to {Find(peer)!.Match} of {log.Last.Index}; try again when it has caught up"),
            _ => null,
        };
    }

    // What it lacks fits into one append.
    private bool IsCaughtUp(Progress follower) => follower.IsReplicating
        && _raft.Log.Last.Index - follower.Match <= _raft.Options.MaxEntriesPerAppend
        && _raft.Log.BytesAfter(follower.Match) <= _raft.Options.MaxBytesPerAppend;

    /// <summary>
    /// Sends to whom the current configuration names, and for a while to whom it does not name any more: a member that
    /// learns that it was removed disturbs nobody.
    /// </summary>
    private void Reconfigure()
    {
        var (configurations, self) = (_raft.Log.Configurations, _raft.Self);
        var former = configurations.Previous?.Members ?? [];
        _followers =
        [
            .. configurations.Current.Members.Concat(former).Select(member => member.Id)
                .Union(_followers.Select(follower => follower.Peer)).Where(peer => peer != self).Order().Select(Track),
        ];
        foreach (var follower in _followers)
        {
            follower.IsVoter = configurations.Current.IsVoter(follower.Peer);
            if (configurations.Current.Find(follower.Peer) is null) follower.Leave(configurations.Index);
        }
        _countsItself = configurations.Current.IsVoter(self);
        _values = new long[_followers.Length + 1];
    }

    // Who is new has nothing yet; of the others a new leader knows nothing.
    private Progress Track(PeerId peer) => Find(peer)
        ?? new Progress(peer, _raft.Log.FirstIndex, _isEntering ? _firstOwn : 1, _raft.Options, _raft.Now);

    /// <summary>Those that know of their removal, or had time to hear of it, are sent nothing any more.</summary>
    private void PartWithTheRemoved()
    {
        foreach (var follower in _followers)
        {
            if (follower.HasLeft(_raft.Log.Commit, _raft.Now)) _followers = _followers.Remove(follower);
        }
    }

    /// <summary>Ends the leadership of who is a member no more.</summary>
    private void EndIfRemoved()
    {
        var log = _raft.Log;
        if (log.Configurations.Current.Find(_raft.Self) is not null || log.Configurations.Index > log.Commit) return;
        SendHeartbeats(); // that it is committed
        HandOverToBest();
        _raft.Follow(_raft.Term, PeerId.None);
    }
}
