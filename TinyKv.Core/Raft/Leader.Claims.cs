namespace TinyKv.Core.Raft;

/// <summary>What a leader knows better than a message of its term.</summary>
internal sealed partial class Leader
{
    public override string? Contradiction(RaftEnvelope envelope) => envelope.Message switch
    {
        RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.TimeoutNow or RaftMessage.SnapshotOffer =>
            $"term {_raft.Term} has another leader",
        _ => Find(envelope.From) is { } follower ? Against(follower, envelope.Message) : null,
    };

    private string? Against(Progress follower, RaftMessage message) => message switch
    {
        RaftMessage.Appended appended => Against(follower, appended),
        RaftMessage.Rejected rejected => Against(follower, rejected),
        RaftMessage.HeartbeatReply reply => Against(follower, reply),
        _ => null,
    };

    // What a snapshot holds is committed, so the leader has it, whoever gave it out and whenever.
    private string? Against(Progress follower, RaftMessage.Appended appended) =>
        appended.Match <= follower.SentThrough || (follower.IsOffered && appended.Match <= _raft.Log.Last.Index) ? null
            : $"acknowledges {appended.Match}, sent was {follower.SentThrough}";

    private string? Against(Progress follower, RaftMessage.HeartbeatReply reply)
    {
        var asked = reply.Acknowledged;
        if (reply.Round > _round) return $"round {reply.Round} has not begun";
        if (asked.Index > Asked(follower).Index)
            return $"was not asked for {asked}, acknowledged was {follower.Match}";
        return asked.Index < _raft.Log.Truncated.Index || _raft.Log.Matches(asked) ? null
            : $"was not asked for {asked}, which is not in the log";
    }

    private string? Against(Progress follower, RaftMessage.Rejected rejected)
    {
        var (previous, hint) = (rejected.Previous, rejected.Hint);
        if (previous > follower.SentThrough)
            return $"rejects {previous}, sent was {follower.SentThrough}";
        if (previous <= _raft.Log.Truncated.Index) return null; // the log says nothing about that any more
        var term = _raft.Log.TermAt(previous);
        return hint.Term > term && hint.Index > _raft.Log.Truncated.Index
            ? $"the hint {hint} is of a later term than {term}" : null;
    }
}
