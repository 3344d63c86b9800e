namespace TinyKv.Core.Raft;

/// <summary>Terms, votes and changes of role: the rules that hold whatever the role is.</summary>
public sealed partial class RaftCore
{
    private readonly TermAllowance _allowance;
    private long _heardLeaderAt;

    /// <summary>Whom we voted for in the current term.</summary>
    internal PeerId Vote { get; private set; }

    /// <summary>
    /// Whether a leader is alive, as far as we know. We elect nobody else meanwhile (thesis, section 4.2.3),
    /// in whatever term: its lease may rest on us.
    /// </summary>
    internal bool HearsLeader => _role is Leader || Now - _heardLeaderAt < Options.ElectionTicks;

    /// <summary>For how many ticks no leader was heard.</summary>
    public long LeaderSilence => _role is Leader ? 0 : Now - _heardLeaderAt;

    /// <summary>Notes that the leader of the term is alive.</summary>
    internal void HearLeader() => _heardLeaderAt = Now;

    /// <summary>Notes that the leader of the term is most likely gone. A lease of its may hold all the same.</summary>
    internal void LoseLeader()
    {
        if (!Options.LeaseReads) _heardLeaderAt = Now - Options.ElectionTicks;
    }

    /// <summary>A timeout in [E, 2E), so that followers seldom time out together (section 5.2).</summary>
    internal int DrawElectionTimeout() => _random.Next(Options.ElectionTicks, 2 * Options.ElectionTicks);

    /// <summary>Asks whether an election could be won.</summary>
    internal void Poll()
    {
        if (MayStand) Become(new PreCandidate(this));
    }

    /// <summary>Raises the term and asks for votes.</summary>
    internal void StandForElection(bool isTransfer = false)
    {
        RaiseTerm(Term + 1, vote: Self);
        Become(new Candidate(this, isTransfer));
    }

    /// <summary>Stands for election without a poll: the leader has asked for it.</summary>
    internal void TakeOver()
    {
        if (MayStand) StandForElection(isTransfer: true);
    }

    /// <summary>What a message of the current term contradicts that the role knows, or null.</summary>
    internal string? ContradictsRole(RaftEnvelope envelope) =>
        envelope.Term == Term ? _role.Contradiction(envelope) : null;

    /// <summary>Leads the current term.</summary>
    internal void Lead() => Become(new Leader(this));

    /// <summary>Follows <paramref name="leader"/>, or nobody yet, in <paramref name="term"/>.</summary>
    internal void Follow(long term, PeerId leader)
    {
        if (term > Term) RaiseTerm(term, vote: PeerId.None);
        Become(new Follower(this, leader));
    }

    /// <summary>
    /// Follows the sender, which leads the current term, and handles its message as a follower.
    /// </summary>
    internal void FollowSenderOf(RaftEnvelope envelope)
    {
        Follow(Term, envelope.From);
        _role.Step(envelope);
    }

    /// <summary>Answers a request for a vote in the current term.</summary>
    internal void AnswerVote(PeerId candidate, RaftMessage.RequestVote request)
    {
        var isOpen = request.IsTransfer || !HearsLeader;
        if (HasLostData || !isOpen || !MayVoteFor(candidate) || !request.Last.IsAtLeast(Log.Last))
        {
            SendNow(candidate, new RaftMessage.Vote(Granted: false));
            return;
        }

        if (Vote != candidate)
        {
            Vote = candidate;
            _isStateDirty = true;
        }

        // A new follower, so that the candidate has a full timeout to win.
        Become(new Follower(this, PeerId.None));
        SendDurable(candidate, new RaftMessage.Vote(Granted: true));
    }

    private void Receive(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.PreVote poll:
                AnswerPoll(envelope, poll);
                break;
            case RaftMessage.PreVoteReply { Granted: true }:
                _role.Step(envelope); // in the term of the poll, which nobody is in yet
                break;
            case RaftMessage.PreVoteReply when envelope.Term <= Term:
                _role.Step(envelope); // a voter of an older term refuses as well as any
                break;
            case RaftMessage.Inquiry or RaftMessage.Removed:
                break; // for the host
            case RaftMessage.RequestVote { IsTransfer: false } when envelope.Term > Term && HearsLeader:
                break; // not even the term is raised: that would depose the leader we hear
            default:
                ReceiveByTerm(envelope);
                break;
        }
    }

    private void ReceiveByTerm(RaftEnvelope envelope)
    {
        if (envelope.Term < Term)
        {
            AnswerStale(envelope);
            return;
        }

        if (envelope.Term == Term || HasReached(envelope)) _role.Step(envelope);
    }

    private bool HasReached(RaftEnvelope envelope)
    {
        var (before, step) = (Term, _allowance.Take(envelope.Term - Term));
        // What is too far ahead raises the term all the same: honest members that somebody has driven apart must meet again.
        if (step > 0) Follow(before + step, PeerId.None);
        if (envelope.Term == Term) return true;
        _refused = new Refusal(envelope.From, $"term {envelope.Term} is too far ahead of {before}");
        return false;
    }

    private void AnswerPoll(RaftEnvelope envelope, RaftMessage.PreVote poll)
    {
        var isOpen = envelope.Term > Term || (envelope.Term == Term && MayVoteFor(envelope.From));
        var granted = !HasLostData && !HearsLeader && isOpen && poll.Last.IsAtLeast(Log.Last);
        // A refusal carries our own term: an asker whose term is behind would never be elected otherwise.
        var reply = new RaftMessage.PreVoteReply(granted, poll.Round);
        SendNow(envelope.From, reply, granted ? envelope.Term : Term);
    }

    /// <summary>
    /// A leader or candidate of the past must learn of our term, or pre-vote keeps us apart for ever.
    /// </summary>
    private void AnswerStale(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.SnapshotOffer:
                SendNow(envelope.From, new RaftMessage.HeartbeatReply(Round: 0)); // confirms no round
                break;
            case RaftMessage.RequestVote:
                SendNow(envelope.From, new RaftMessage.Vote(Granted: false));
                break;
        }
    }

    // The last term is the last one: a greater one could not be counted. A log that lost its end must not win, and the votes
    // that may be lost with it must not be given again.
    private bool MayStand => Term < RaftLimits.MaxNumber && !HasLostData && IsElectable;

    private bool MayVoteFor(PeerId candidate) => Vote == PeerId.None || Vote == candidate;

    private void RaiseTerm(long term, PeerId vote)
    {
        Term = term;
        Vote = vote;
        _isStateDirty = true;
    }

    private void Become(Role role)
    {
        _role.Leave();
        _role = role;
        role.Enter();
    }
}
