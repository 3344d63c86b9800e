using System.Collections.Immutable;

namespace TinyKv.Core.Raft;

/// <summary>What one peer tells another. Closed: only the nested records derive from it.</summary>
public abstract record RaftMessage
{
    private RaftMessage() { }

    /// <summary>
    /// Would you vote for me? Asked before the term is raised (thesis, section 9.6). The envelope's term is
    /// the one that the asker would campaign in, the round tells its polls apart.
    /// </summary>
    public sealed record PreVote(LogPosition Last, long Round) : RaftMessage;

    /// <summary>The answer to <see cref="PreVote"/>; binds nobody.</summary>
    public sealed record PreVoteReply(bool Granted, long Round) : RaftMessage;

    /// <summary>
    /// Vote for me in the envelope's term; my log ends at <paramref name="Last"/>. In a transfer the leader has asked me to
    /// stand: that you hear it is no reason to refuse.
    /// </summary>
    public sealed record RequestVote(LogPosition Last, bool IsTransfer = false) : RaftMessage;

    /// <summary>
    /// I lead, and you shall: stand for election now, without a poll, if your log has <paramref name="Last"/>.
    /// </summary>
    public sealed record TimeoutNow(LogPosition Last) : RaftMessage;

    /// <summary>
    /// What you lack is compacted. Fetch a snapshot from me: it ends at <paramref name="AtLeast"/>, which is committed, or
    /// later. Acknowledged as entries up to there are.
    /// </summary>
    public sealed record SnapshotOffer(LogPosition AtLeast) : RaftMessage;

    /// <summary>Am I a member still? I have not heard a leader for long. From host to host, which knows what changes of members
    /// are numbered by.</summary>
    public sealed record Inquiry : RaftMessage;

    /// <summary>
    /// You are not: you are not among those that the change of members to <paramref name="ConfVer"/> has led to. The answer to
    /// <see cref="Inquiry"/> of who was removed.
    /// </summary>
    public sealed record Removed(ulong ConfVer) : RaftMessage;

    /// <summary>The answer to <see cref="RequestVote"/>.</summary>
    public sealed record Vote(bool Granted) : RaftMessage;

    /// <summary>
    /// Entries that follow <paramref name="Previous"/>; none to tell the commit index or to ask for an
    /// answer. Up to <paramref name="CompactIndex"/> the log may be compacted.
    /// </summary>
    public sealed record Append(LogPosition Previous, ImmutableArray<Entry> Entries, long Commit, long CompactIndex = 0)
        : RaftMessage;

    /// <summary>My log agrees with yours, durably, up to <paramref name="Match"/>.</summary>
    public sealed record Appended(long Match) : RaftMessage;

    /// <summary>
    /// I have no entry at <paramref name="Previous"/> that fits; we may agree at <paramref name="Hint"/>, the
    /// last of my entries that the append does not contradict.
    /// </summary>
    public sealed record Rejected(long Previous, LogPosition Hint) : RaftMessage;

    /// <summary>
    /// I lead. <paramref name="Commit"/> is never above what the receiver has acknowledged; the round numbers
    /// the leader's heartbeats, so that an answer tells which of them was heard. <paramref name="Acknowledged"/> is
    /// where the receiver's acknowledgements in this term end; zero before the first. Up to
    /// <paramref name="CompactIndex"/>, which is never above that, the log may be compacted.
    /// </summary>
    public sealed record Heartbeat(long Commit, long Round, LogPosition Acknowledged = default, long CompactIndex = 0)
        : RaftMessage;

    /// <summary>
    /// You lead, in this term, and did when you sent the round. Round 0 answers a leader of the past: it only
    /// tells the envelope's term. Of what ends in <paramref name="Acknowledged"/>, the position in the heartbeat, my
    /// log has what ends in <paramref name="Held"/>: the same, or I have lost what I acknowledged.
    /// </summary>
    public sealed record HeartbeatReply(long Round, LogPosition Acknowledged = default, LogPosition Held = default)
        : RaftMessage;
}

/// <summary>A message on its way, with the sender's term.</summary>
public sealed record RaftEnvelope(PeerId From, PeerId To, long Term, RaftMessage Message);
