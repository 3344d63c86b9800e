using TinyKv.Core.Raft.Membership;

namespace TinyKv.Core.Raft;

/// <summary>
/// What a message may claim. All that is refused here would be impossible if its sender followed the protocol and had
/// its memory; a message that is late or comes twice contradicts nothing. So invariants speak of the own state only:
/// what others say is checked before it can change anything.
/// </summary>
internal static class Claims
{
    /// <summary>What the message contradicts, or null. Nothing is allocated for those that are right.</summary>
    public static string? Contradiction(RaftCore core, RaftEnvelope envelope)
    {
        if (envelope.To != core.Self) return $"it is for {envelope.To}, and this is {core.Self}";
        // Others may be members that this one has not heard of yet, or were members once (thesis, section 4.1).
        if (envelope.From == core.Self || envelope.From == PeerId.None) return $"{envelope.From} is no other member";
        return Form(envelope) ?? AgainstState(core, envelope);
    }

    /// <summary>What is wrong in the message itself, whoever hears it and when.</summary>
    private static string? Form(RaftEnvelope envelope)
    {
        var term = envelope.Term;
        if (!RaftLimits.Allow(term)) return $"term {term} is impossible";
        return envelope.Message switch
        {
            RaftMessage.PreVote m => Ask(m.Last, term) ?? Round(m.Round),
            RaftMessage.PreVoteReply m => Round(m.Round),
            RaftMessage.RequestVote m => Ask(m.Last, term),
            RaftMessage.TimeoutNow m => Position(m.Last, term),
            RaftMessage.SnapshotOffer m => Position(m.AtLeast, term),
            RaftMessage.Append m => Index(m.Commit) ?? Entries(m, term) ?? Compactable(m.CompactIndex, m.Previous.Index),
            RaftMessage.Appended m => Index(m.Match),
            RaftMessage.Rejected m => Index(m.Previous) ?? Hint(m),
            RaftMessage.Heartbeat m => Index(m.Commit) ?? Round(m.Round) ?? Position(m.Acknowledged, term) ?? Committed(m)
                ?? Compactable(m.CompactIndex, m.Acknowledged.Index),
            RaftMessage.HeartbeatReply m => Round(m.Round) ?? Held(m, term),
            _ => null,
        };
    }

    /// <summary>Nobody has a log of the term that it stands for election in, or of a later one.</summary>
    private static string? Ask(LogPosition last, long term) =>
        Index(last.Index) ?? (last.Term < 0 || last.Term >= term ? $"{last} is not of a term before {term}" : null);

    private static string? Hint(RaftMessage.Rejected rejected)
    {
        var (previous, hint) = (rejected.Previous, rejected.Hint);
        if (Index(hint.Index) is { } impossible) return impossible;
        return hint.Index > previous ? $"the hint {hint} is beyond {previous}" : null;
    }

    private static string? Entries(RaftMessage.Append append, long term)
    {
        var last = append.Previous;
        if (Index(last.Index) is { } impossible) return impossible;
        if (last.Term < 0) return $"term {last.Term} is impossible";
        foreach (var entry in append.Entries)
        {
            var position = entry.Position;
            if (position.Index != last.Index + 1 || position.Term < last.Term) return $"{position} does not follow {last}";
            if (Members(entry) is { } wrong) return wrong;
            last = position;
        }
        return last.Term > term ? $"{last} is of a later term than {term}" : Index(last.Index);
    }

    private static string? Members(Entry entry) => entry.Kind == EntryKind.Configuration
        && ConfigurationCodec.Contradiction(entry.Data.Span) is { } wrong
            ? $"{entry.Position} is no configuration: {wrong}" : null;

    /// <summary>A leader tells nobody of more than it knows them to have.</summary>
    private static string? Committed(RaftMessage.Heartbeat heartbeat) => heartbeat.Commit <= heartbeat.Acknowledged.Index
        ? null : $"commit {heartbeat.Commit} is beyond {heartbeat.Acknowledged}, which was acknowledged";

    /// <summary>Nobody needs the log from another up to where every member has it, its receiver among them.</summary>
    private static string? Compactable(long compactIndex, long acknowledged) => compactIndex < 0 || compactIndex > acknowledged
        ? $"{compactIndex} may be compacted, it says, but this member has only {acknowledged}" : null;

    private static string? Held(RaftMessage.HeartbeatReply reply, long term)
    {
        var (acknowledged, held) = (reply.Acknowledged, reply.Held);
        return Position(acknowledged, term) ?? Position(held, acknowledged.Term)
            ?? (held.Index > acknowledged.Index ? $"{held} is beyond {acknowledged}" : null);
    }

    /// <summary>No log has an entry of a later term than its member is in.</summary>
    private static string? Position(LogPosition position, long term) =>
        Index(position.Index)
            ?? (position.Term < 0 || position.Term > term ? $"{position} is not of a term up to {term}" : null);

    private static string? Index(long index) => RaftLimits.Allow(index) ? null : $"index {index} is impossible";

    private static string? Round(long round) => RaftLimits.Allow(round) ? null : $"round {round} is impossible";

    /// <summary>What the message contradicts that this member knows. The past may contradict it, and is over.</summary>
    private static string? AgainstState(RaftCore core, RaftEnvelope envelope)
    {
        if (envelope.Term < core.Term) return null;
        if (envelope.Term > core.Term && Answers(envelope.Message))
            return $"answers term {envelope.Term}, which this member has not reached";
        return envelope.Message switch
        {
            RaftMessage.Vote { Granted: true } when core.Vote != core.Self => "a vote that was not asked for",
            RaftMessage.Append append => AgainstLog(core.Log, append) ?? core.ContradictsRole(envelope),
            RaftMessage.Heartbeat heartbeat =>
                AgainstCommitted(core.Log, heartbeat.Acknowledged) ?? core.ContradictsRole(envelope),
            RaftMessage.SnapshotOffer offer => AgainstCommitted(core.Log, offer.AtLeast) ?? core.ContradictsRole(envelope),
            RaftMessage.TimeoutNow timeout => AgainstCommitted(core.Log, timeout.Last) ?? core.ContradictsRole(envelope),
            _ => core.ContradictsRole(envelope),
        };
    }

    /// <summary>
    /// Whether it answers what only a candidate or leader of the envelope's term has sent. Polls are not durable, and
    /// refusals carry the term of who refuses.
    /// </summary>
    private static bool Answers(RaftMessage message) => message is RaftMessage.Vote { Granted: true }
        or RaftMessage.Appended or RaftMessage.Rejected or RaftMessage.HeartbeatReply { Round: > 0 };

    /// <summary>Every later leader has what is committed, and a position has one content for ever.</summary>
    private static string? AgainstLog(RaftLog log, RaftMessage.Append append)
    {
        if (append.Previous.Index < log.Truncated.Index) return null; // nothing of it is taken
        if (AgainstCommitted(log, append.Previous) is { } contradiction) return contradiction;
        foreach (var entry in append.Entries)
        {
            if (entry.Index > log.Last.Index) return null;
            if (!log.Matches(entry.Position)) return AgainstCommitted(log, entry.Position); // all behind it is replaced
            if (!entry.Equals(log[entry.Index])) return $"{entry.Position} has another content here";
        }
        return null;
    }

    private static string? AgainstCommitted(RaftLog log, LogPosition position) =>
        position.Index > log.Commit || position.Index < log.Truncated.Index || log.Matches(position) ? null
            : $"{position} contradicts {log.PositionAt(position.Index)}, which is committed";
}
