using System.Collections.Immutable;
using System.Diagnostics;
using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>
/// Leads its term: replicates its log, commits what a majority holds durably, and steps down when a majority
/// is silent, or when its own disk stands still while the others' do not. How it confirms reads is in the other half.
/// </summary>
internal sealed partial class Leader : Role
{
    private readonly RaftCore _raft;
    private readonly long _firstOwn; // the first index of our term
    private readonly bool _isEntering = true;
    private ImmutableArray<Progress> _followers = []; // ascending, like all that is sent
    private long[] _values = []; // for counting
    private bool _countsItself;
    private int _sinceHeartbeat;
    private int _outrun; // ticks without a completed write while a majority holds what our disk does not

    public Leader(RaftCore raft)
    {
        _raft = raft;
        _firstOwn = raft.Log.Last.Index + 1;
        Reconfigure();
        _isEntering = false;
    }

    public override RoleKind Kind => RoleKind.Leader;

    public override PeerId LeaderId => _raft.Self;

    public override IEnumerable<DataLoss> DataLosses =>
        _followers.Where(static f => f.State == ProgressState.DataLoss).Select(static f => f.Loss);

    // The one rule of what may be compacted, here and by all that follow: what others still need stays, and what this
    // member, after a crash, may need itself.
    public override long CompactIndex
    {
        get
        {
            var compactIndex = _raft.Log.Durable;
            foreach (var follower in _followers) compactIndex = Math.Min(compactIndex, CompactableFor(follower));
            return compactIndex;
        }
    }

    public override void Compacted()
    {
        foreach (var follower in _followers) follower.Compacted(_raft.Log.FirstIndex);
    }

    public override void Enter()
    {
        // Older terms' entries commit only together with one of our own (sections 5.4.2 and 8).
        var position = new LogPosition(_firstOwn, _raft.Term);
        _raft.Log.Append([new Entry(position, EntryKind.NoOp, ReadOnlyMemory<byte>.Empty)]);
        Replicate();
    }

    public override void Tick()
    {
        _outrun = _raft.Log.Commit > _raft.Log.Durable ? _outrun + 1 : 0;
        if (_raft.Now - Heard() >= _raft.Options.ElectionTicks)
        {
            // A majority is silent and may follow another one already: nothing could be committed here.
            _raft.Follow(_raft.Term, PeerId.None);
        }
        else if (_outrun > _raft.Options.ElectionTicks)
        {
            // Our disk stands still, and without it nothing is applied here; the others can do without us.
            _raft.Follow(_raft.Term, PeerId.None);
        }
        else
        {
            // Reads may send heartbeats so often that none is ever due.
            if (++_sinceHeartbeat >= _raft.Options.HeartbeatTicks && !_followers.IsEmpty) SendHeartbeats();
            PartWithTheRemoved();
        }
        LimitTransfer();
    }

    public override void Stored()
    {
        _outrun = 0;
        AdvanceCommit();
        EndIfRemoved();
    }

    public override void Step(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.Appended or RaftMessage.Rejected or RaftMessage.HeartbeatReply:
                if (Find(envelope.From) is { } follower) Take(follower, envelope.Message);
                break; // others were members once
            case RaftMessage.RequestVote:
                _raft.SendNow(envelope.From, new RaftMessage.Vote(Granted: false)); // our vote is our own
                break;
            case RaftMessage.Vote or RaftMessage.PreVoteReply:
                break; // votes beyond the majority, and late answers
            default:
                throw new UnreachableException($"{envelope}");
        }
    }

    private void Take(Progress follower, RaftMessage answer)
    {
        (follower.HeardAt, follower.IsHeard) = (_raft.Now, true);
        switch (answer)
        {
            case RaftMessage.Appended appended: Take(follower, appended); break;
            case RaftMessage.Rejected rejected: Take(follower, rejected); break;
            case RaftMessage.HeartbeatReply reply: Take(follower, reply); break;
        }
        HandOverWhenCaughtUp(follower);
        EndIfRemoved();
    }

    /// <summary>Appends commands at the end of the log and sends them.</summary>
    public void Propose(IReadOnlyList<ReadOnlyMemory<byte>> commands)
    {
        var entries = new Entry[commands.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var position = new LogPosition(_raft.Log.Last.Index + 1 + i, _raft.Term);
            entries[i] = new Entry(position, EntryKind.Command, commands[i]);
        }

        if (_transferee != PeerId.None)
            throw new InvalidOperationException($"leadership of term {_raft.Term} is being transferred to {_transferee}");
        _raft.Log.Append(entries);
        Replicate();
    }

    private Progress? Find(PeerId peer)
    {
        foreach (var follower in _followers)
            if (follower.Peer == peer) return follower;
        return null;
    }

    private void Take(Progress follower, RaftMessage.Appended appended)
    {
        // Before the truncated position there is nothing to send entries from.
        if (appended.Match < _raft.Log.Truncated.Index || !follower.Acknowledged(appended.Match)) return;
        follower.MatchTerm = _raft.Log.TermAt(appended.Match);
        AdvanceCommit();
        Replicate(follower); // there is room in the window now
    }

    private void Take(Progress follower, RaftMessage.Rejected rejected)
    {
        // Before the truncated position there is nothing to send entries from: a snapshot takes their place, if there are any.
        var truncated = _raft.Log.Truncated.Index;
        var lacksMore = rejected.Previous <= truncated || rejected.Hint.Index < truncated;
        if (rejected.Previous <= truncated && !_raft.Options.ProvidesSnapshots) return;
        var guess = lacksMore ? truncated - 1 : _raft.Log.LastWithin(rejected.Hint).Index;
        if (follower.Rejected(rejected.Previous, guess)) Replicate(follower);
    }

    private void Take(Progress follower, RaftMessage.HeartbeatReply reply)
    {
        if (reply.Round >= follower.Round) Compare(follower, reply); // others are late
        follower.Round = Math.Max(follower.Round, reply.Round);
        ConfirmReads();
        // An append without entries behind all that was sent is acknowledged, or rejected if some of it was
        // lost.
        if (!follower.ShouldRetry(_raft.Now)) return;
        Send(follower, follower.IsReplicating ? [] : NextEntries(follower));
    }

    /// <summary>
    /// Whether a follower has what it acknowledged. Its answer carries the position that we asked for, so neither
    /// needs to remember what the other was told when.
    /// </summary>
    private void Compare(Progress follower, RaftMessage.HeartbeatReply reply)
    {
        var asked = reply.Acknowledged;
        if (reply.Held != asked)
        {
            var loss = new DataLoss(follower.Peer, _raft.Term, asked, reply.Held);
            if (follower.Lost(loss)) _raft.Report(new DataLossReport(loss, DataLossStage.Found));
        }
        else if (follower.Holds(asked))
        {
            _raft.Report(new DataLossReport(follower.Loss, DataLossStage.Cleared));
            Replicate(follower);
        }
    }

    private void Replicate()
    {
        foreach (var follower in _followers) Replicate(follower);
    }

    private void Replicate(Progress follower)
    {
        if (follower.State == ProgressState.DataLoss) return;
        if (follower.State == ProgressState.Snapshot)
        {
            if (!follower.IsLeaving) Offer(follower);
            return;
        }
        while (follower.Next <= _raft.Log.Last.Index)
        {
            var entries = NextEntries(follower);
            if (!follower.HasRoomFor(BytesOf(follower, entries))) break;
            Send(follower, entries);
        }
    }

    private ImmutableArray<Entry> NextEntries(Progress follower)
    {
        var options = _raft.Options;
        var maxBytes = Math.Min(options.MaxBytesPerAppend, follower.Inflights.RoomBytes);
        return _raft.Log.Slice(follower.Next, options.MaxEntriesPerAppend, maxBytes);
    }

    private void Send(Progress follower, ImmutableArray<Entry> entries)
    {
        var log = _raft.Log;
        var previous = log.PositionAt(follower.Next - 1);
        var append = new RaftMessage.Append(previous, entries, log.Commit, Math.Min(CompactIndex, follower.Match));
        follower.Sent(entries.Length, BytesOf(follower, entries), _raft.Now);
        _raft.SendNow(follower.Peer, append);
    }

    private long BytesOf(Progress follower, ImmutableArray<Entry> entries) =>
        _raft.Log.BytesAfter(follower.Next - 1) - _raft.Log.BytesAfter(follower.Next - 1 + entries.Length);

    /// <summary>Commits what a majority holds, ourselves included as far as our own disk is.</summary>
    private void AdvanceCommit()
    {
        var log = _raft.Log;
        var reached = Reached(log.Durable, static f => f.Match);
        // An entry of an older term on a majority can still be overwritten (figure 8 of the paper).
        if (reached <= log.Commit || log.TermAt(reached) != _raft.Term) return;

        var isFirst = log.Commit < _firstOwn;
        // Followers hear of it with the next append or heartbeat: what waits for them to apply can wait for that, and
        // messages for it alone would be as many as those with entries.
        log.CommitTo(reached);
        if (isFirst) AdmitEarlyReads();
    }

    private void SendHeartbeats()
    {
        _sinceHeartbeat = 0;
        var (round, compactIndex) = (BeginRound(), CompactIndex);
        foreach (var follower in _followers)
        {
            var acknowledged = Asked(follower);
            var commit = Math.Min(acknowledged.Index, _raft.Log.Commit);
            follower.Told(commit, round);
            _raft.SendNow(follower.Peer,
                new RaftMessage.Heartbeat(commit, round, acknowledged, Math.Min(compactIndex, acknowledged.Index)));
            if (NeedsOffer(follower)) Offer(follower);
        }
    }

    /// <summary>
    /// Up to where a follower is asked whether it has what it acknowledged: to us in this term, or to some leader before
    /// anybody could compact it. Who may be left behind may never have acknowledged that.
    /// </summary>
    private LogPosition Asked(Progress follower) =>
        !_raft.Options.ProvidesSnapshots && follower.Match <= _raft.Log.Truncated.Index
            ? _raft.Log.Truncated : new LogPosition(follower.Match, follower.MatchTerm);

    /// <summary>
    /// When a majority was heard last. Who has lost what it acknowledged is one of them until it has ended: it follows
    /// nobody else, and it ends only when we have told it again and again.
    /// </summary>
    private long Heard() => OfMajority(_raft.Now, static f => f.HeardAt, ofTheLost: true);

    /// <summary>
    /// What a majority has reached, given our own value and how to find a follower's. Who lost what it acknowledged has
    /// reached nothing.
    /// </summary>
    private long Reached(long own, Func<Progress, long> of) => OfMajority(own, of, ofTheLost: false);

    // Of the voters in force; the leader itself may not be one of them any more.
    private long OfMajority(long own, Func<Progress, long> of, bool ofTheLost)
    {
        var count = 0;
        if (_countsItself) _values[count++] = own;
        foreach (var follower in _followers)
        {
            if (!follower.IsVoter) continue;
            _values[count++] = follower.State == ProgressState.DataLoss && !ofTheLost ? 0 : of(follower);
        }
        return Quorum.Reached(_values.AsSpan(0, count));
    }
}
