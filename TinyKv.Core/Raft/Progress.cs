namespace TinyKv.Core.Raft;

/// <summary>How a leader treats a follower.</summary>
internal enum ProgressState
{
    /// <summary>One append at a time, until one is accepted.</summary>
    Probe,

    /// <summary>Appends leave ahead of their answers, until one is rejected.</summary>
    Replicate,

    /// <summary>The follower lacks what is compacted: it is offered a snapshot, and gets heartbeats.</summary>
    Snapshot,

    /// <summary>The follower has less than it acknowledged: it counts for nothing and gets heartbeats only.</summary>
    DataLoss,
}

/// <summary>
/// What a leader knows of one follower's log. It starts by probing; as soon as the logs are known to agree, it replicates.
/// </summary>
internal sealed class Progress
{
    private readonly RaftOptions _options;
    private long? _leavesAt; // the index of the entry that removes it
    private long? _leftRound; // the first round that told it that this is committed
    private long? _leavesSince; // the tick when that was known to be committed
    private long _sentAt;
    private long _first; // before it there is nothing to send

    /// <param name="peer">The follower.</param>
    /// <param name="first">Where the leader's own log begins.</param>
    /// <param name="next">Where to probe first.</param>
    /// <param name="options">The numbers that the group runs by.</param>
    /// <param name="now">The tick.</param>
    public Progress(PeerId peer, long first, long next, RaftOptions options, long now)
    {
        (Peer, _first, _options, _sentAt, HeardAt) = (peer, first, options, now, now);
        Inflights = new Inflights(_options.MaxInflightAppends, _options.MaxInflightBytes);
        Probe(next);
    }

    /// <summary>The follower.</summary>
    public PeerId Peer { get; }

    /// <summary>The logs agree up to here, durably on the follower's side.</summary>
    public long Match { get; private set; }

    /// <summary>The term of the entry there.</summary>
    public long MatchTerm { get; set; }

    /// <summary>The first index of the next append.</summary>
    public long Next { get; private set; }

    /// <summary>The last index that an append to the follower has reached: who was offered no snapshot cannot answer for more.
    /// </summary>
    public long SentThrough { get; private set; }

    /// <summary>Whether it may have something that no append has brought.</summary>
    public bool IsOffered { get; private set; }

    /// <summary>Whether the follower counts.</summary>
    public bool IsVoter { get; set; }

    /// <summary>Whether it is a member no more, and is only told so.</summary>
    public bool IsLeaving => _leavesAt is not null;

    /// <summary>How the follower is treated.</summary>
    public ProgressState State { get; private set; }

    /// <summary>Whether appends leave ahead of their answers.</summary>
    public bool IsReplicating => State == ProgressState.Replicate;

    /// <summary>What the follower has lost of what it acknowledged, in <see cref="ProgressState.DataLoss"/>.</summary>
    public DataLoss Loss { get; private set; }

    /// <summary>Whether a probe is on its way.</summary>
    public bool AwaitsProbe { get; private set; }

    /// <summary>Up to where the follower has the log for certain.</summary>
    public long Has => State == ProgressState.DataLoss ? Math.Min(Match, Loss.Held.Index) : Match;

    /// <summary>The appends on their way while replicating.</summary>
    public Inflights Inflights { get; }

    /// <summary>The index of the snapshot that it fetches; 0: none is known.</summary>
    public long PinnedAt { get; private set; }

    /// <summary>The tick at which it was last given a part of one.</summary>
    public long PinnedTick { get; private set; }

    /// <summary>The tick of the last answer, of whatever kind.</summary>
    public long HeardAt { get; set; }

    /// <summary>Whether there was an answer.</summary>
    public bool IsHeard { get; set; }

    /// <summary>The newest round of heartbeats that the follower answered.</summary>
    public long Round { get; set; }

    /// <summary>Whether everything that was sent is acknowledged.</summary>
    public bool IsAcknowledged => IsReplicating && Match == Next - 1;

    /// <summary>Whether an append with entries of this size may leave.</summary>
    public bool HasRoomFor(long bytes) => State switch
    {
        ProgressState.Replicate => Inflights.HasRoomFor(bytes),
        ProgressState.Probe => !AwaitsProbe,
        _ => false,
    };

    /// <summary>An append left.</summary>
    public void Sent(int entries, long bytes, long tick)
    {
        _sentAt = tick;
        SentThrough = Math.Max(SentThrough, Next - 1 + entries);
        if (!IsReplicating)
        {
            AwaitsProbe = true;
        }
        else if (entries > 0)
        {
            Next += entries;
            Inflights.Add(Next - 1, bytes);
        }
    }

    /// <summary>
    /// The follower acknowledged everything up to <paramref name="match"/>. False when that is old news.
    /// </summary>
    public bool Acknowledged(long match)
    {
        if (State == ProgressState.DataLoss) return false; // it left before the loss
        if (match < Match || (match == Match && IsReplicating)) return false;
        Match = match;
        Inflights.FreeThrough(match);
        Next = IsReplicating ? Math.Max(Next, match + 1) : match + 1;
        State = ProgressState.Replicate;
        AwaitsProbe = false;
        PinnedAt = 0;
        return true;
    }

    /// <summary>
    /// The follower rejected an append after <paramref name="previous"/>; it may agree at <paramref
    /// name="guess"/>. False when the answer is stale.
    /// </summary>
    public bool Rejected(long previous, long guess)
    {
        if (State is ProgressState.DataLoss or ProgressState.Snapshot) return false;
        // An answer that left before what it lacks was acknowledged is late: whether that is still there is asked by
        // heartbeats. And only the probe under way says something about a probe.
        if (previous <= Match || previous >= Next || (!IsReplicating && previous != Next - 1)) return false;
        Probe(Math.Max(Match, Math.Min(previous - 1, guess)) + 1);
        return true;
    }

    /// <summary>
    /// The follower has not all of what it acknowledged up to <see cref="Match"/>. False when that is known.
    /// </summary>
    public bool Lost(DataLoss loss)
    {
        var isNew = State != ProgressState.DataLoss;
        State = ProgressState.DataLoss;
        Loss = loss;
        Inflights.Clear();
        return isNew;
    }

    /// <summary>
    /// The follower has what ends in <paramref name="acknowledged"/>. False when that is no news, or less than what it
    /// has lost.
    /// </summary>
    public bool Holds(LogPosition acknowledged)
    {
        if (State != ProgressState.DataLoss || acknowledged.Index < Match) return false;
        Probe(Match + 1);
        return true;
    }

    /// <summary>The log begins at <paramref name="first"/> now. Who lacks what is before that cannot be sent it.</summary>
    public void Compacted(long first)
    {
        _first = first;
        // What is sent ahead may never arrive.
        var needs = State switch
        {
            ProgressState.Probe => Next,
            ProgressState.Replicate => Match + 1,
            _ => first,
        };
        if (needs < first) Probe(needs);
    }

    /// <summary>A snapshot was offered. Where the one ends that it gets, and from whom, only the follower knows.</summary>
    public void Offered() => IsOffered = true;

    /// <summary>It fetches a snapshot at <paramref name="index"/>.</summary>
    public void Pin(long index, long tick)
    {
        PinnedTick = tick;
        if (State == ProgressState.DataLoss || Match >= index) return;
        State = ProgressState.Snapshot;
        PinnedAt = Math.Max(PinnedAt, index);
        Inflights.Clear();
        IsOffered = true;
    }

    /// <summary>
    /// A sign of life. True when an append or its answer may have been lost and something should be sent
    /// again: nothing has left for as long as heartbeats are apart. A probe under way is given up.
    /// </summary>
    public bool ShouldRetry(long tick)
    {
        if (State is ProgressState.DataLoss or ProgressState.Snapshot) return false;
        if (IsAcknowledged || tick - _sentAt < _options.HeartbeatTicks) return false;
        AwaitsProbe = false;
        return true;
    }

    /// <summary>It is a member no more, from the entry at <paramref name="index"/> on.</summary>
    public void Leave(long index) => _leavesAt ??= index;

    /// <summary>A heartbeat tells it what is committed.</summary>
    public void Told(long commit, long round)
    {
        if (commit >= _leavesAt) _leftRound ??= round;
    }

    /// <summary>
    /// Whether nothing needs to be sent to it any more: it has answered that it knows that its removal is committed, or has
    /// not in two election timeouts.
    /// </summary>
    public bool HasLeft(long commit, long tick)
    {
        if (_leavesAt is not { } index || commit < index) return false;
        _leavesSince ??= tick;
        return Round >= _leftRound || tick - _leavesSince >= 2 * _options.ElectionTicks;
    }

    private void Probe(long next)
    {
        Next = Math.Max(next, _first);
        State = next < _first && _options.ProvidesSnapshots ? ProgressState.Snapshot : ProgressState.Probe;
        AwaitsProbe = false;
        PinnedAt = 0;
        Inflights.Clear();
    }
}
