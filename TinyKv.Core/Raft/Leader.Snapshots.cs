namespace TinyKv.Core.Raft;

/// <summary>
/// A follower that lacks what is compacted is offered a snapshot, again with each heartbeat; it fetches that by itself.
/// </summary>
internal sealed partial class Leader
{
    // In bounds of the log: who lacks more is brought up to date by a snapshot sooner.
    private const long FarBehind = 4;

    // In election timeouts: a copy that arrived may take so long to install, and nothing is given out meanwhile.
    private const long PinLasts = 20;

    /// <summary>The host gives out a snapshot at <paramref name="index"/>.</summary>
    public void SnapshotPinned(PeerId peer, long index)
    {
        if (Find(peer) is not { } follower || index < _raft.Log.Truncated.Index) return;
        follower.Pin(index, _raft.Now);
    }

    // A learner of which nothing was heard may not be there yet: an offer is what makes it. So may a voter, where a snapshot
    // has passed over the split that would have made it; whoever is there has the entry at which the log begins, or needs the
    // snapshot.
    private bool NeedsOffer(Progress follower) => !follower.IsLeaving && (follower.State == ProgressState.Snapshot
        || (_raft.Options.ProvidesSnapshots && !follower.IsHeard
            && !(follower.IsVoter && _raft.Now - follower.HeardAt < _raft.Options.ElectionTicks)));

    private void Offer(Progress follower)
    {
        var at = _raft.Log.PositionAt(Math.Max(follower.PinnedAt, _raft.Log.Truncated.Index));
        follower.Offered();
        _raft.SendNow(follower.Peer, new RaftMessage.SnapshotOffer(at));
    }

    /// <summary>
    /// Up to where the log may be compacted for all that a follower lacks. Who can be given a snapshot holds it back only
    /// while it is not far behind; who fetches one, at that, for as long as it does.
    /// </summary>
    private long CompactableFor(Progress follower)
    {
        var (options, log) = (_raft.Options, _raft.Log);
        if (follower.IsLeaving) return long.MaxValue;
        if (!options.ProvidesSnapshots) return follower.Has;
        if (follower.State == ProgressState.Snapshot)
        {
            var isFetching = follower.PinnedAt > 0 && _raft.Now - follower.PinnedTick < PinLasts * options.ElectionTicks;
            return isFetching ? follower.PinnedAt : long.MaxValue;
        }
        var has = Math.Max(follower.Has, log.Truncated.Index);
        var isFar = log.Last.Index - has > FarBehind * options.MaxLogEntries
            || log.BytesAfter(has) > FarBehind * options.MaxLogBytes;
        return isFar ? long.MaxValue : follower.Has;
    }
}
