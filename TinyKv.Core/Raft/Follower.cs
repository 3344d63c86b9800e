using System.Diagnostics;

namespace TinyKv.Core.Raft;

/// <summary>
/// Follows the leader of its term, once it knows one, and polls the others when none is heard of.
/// </summary>
internal sealed class Follower(RaftCore raft, PeerId leader) : Role
{
    private readonly int _timeout = raft.DrawElectionTimeout();
    private PeerId _leader = leader;
    private int _elapsed;
    private int? _shortTimeout; // since the connection to the leader has ended
    private long _compactIndex;

    public override RoleKind Kind => RoleKind.Follower;

    public override PeerId LeaderId => _leader;

    public override long CompactIndex => _compactIndex;

    public override void Tick()
    {
        if (++_elapsed >= (_shortTimeout ?? _timeout)) raft.Poll();
    }

    public override void Disconnected(PeerId peer)
    {
        if (peer != _leader) return;
        raft.LoseLeader();
        _shortTimeout ??= ShortTimeout();
    }

    public override void Step(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.Append append:
                Hear(envelope.From);
                Take(append);
                break;
            case RaftMessage.Heartbeat heartbeat:
                Hear(envelope.From);
                Take(heartbeat);
                break;
            case RaftMessage.SnapshotOffer offer:
                Hear(envelope.From);
                Take(offer.AtLeast);
                break;
            case RaftMessage.TimeoutNow timeout:
                if (raft.Log.Matches(timeout.Last)) raft.TakeOver();
                break;
            case RaftMessage.RequestVote request:
                raft.AnswerVote(envelope.From, request);
                break;
            case RaftMessage.Vote or RaftMessage.PreVoteReply or RaftMessage.Appended
                or RaftMessage.Rejected or RaftMessage.HeartbeatReply:
                break; // late answers to a role that is over
            default:
                throw new UnreachableException($"{envelope}");
        }
    }

    public override string? Contradiction(RaftEnvelope envelope)
    {
        if (envelope.Message is not (RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.TimeoutNow
            or RaftMessage.SnapshotOffer)) return null;
        return _leader == PeerId.None || _leader == envelope.From ? null
            : $"term {raft.Term} has another leader";
    }

    private void Hear(PeerId from)
    {
        _leader = from;
        _elapsed = 0;
        _shortTimeout = null;
        raft.HearLeader();
    }

    // Long enough for the next heartbeat, should only the connection have ended; the followers poll one after the other,
    // so that they do not split the votes.
    private int ShortTimeout()
    {
        var options = raft.Options;
        var rank = raft.Configuration.Voters.Count(other => other != _leader && other.CompareTo(raft.Self) < 0);
        var earliest = options.LeaseReads ? options.ElectionTicks + 1 : 0;
        return Math.Max(_elapsed + options.HeartbeatTicks + 1, earliest) + 2 * rank;
    }

    private void Take(RaftMessage.Append append)
    {
        // What our log looks like to the leader of this term is not what it is; only heartbeats settle that.
        if (raft.LossEvidence.IsOf(raft.Term) || raft.IsInstalling) return;

        var log = raft.Log;
        var (previous, entries) = (append.Previous, append.Entries);
        if (previous.Index < log.Truncated.Index)
        {
            // What was compacted is committed, so the leader has it too; the append is late, or a snapshot has overtaken it.
            raft.SendDurable(_leader, new RaftMessage.Appended(Math.Min(log.Commit, previous.Index + entries.Length)));
        }
        else if (log.Matches(previous))
        {
            log.Merge(entries.AsSpan());
            var match = previous.Index + entries.Length;
            // What is beyond the match was not compared: it may be left from another leader.
            log.CommitTo(Math.Min(append.Commit, match));
            _compactIndex = Math.Max(_compactIndex, append.CompactIndex);
            raft.Report(raft.LossEvidence.CaughtUp(log.Last.Term));
            raft.SendDurable(_leader, new RaftMessage.Appended(match));
        }
        else
        {
            raft.SendNow(_leader, new RaftMessage.Rejected(previous.Index, log.LastWithin(previous)));
        }
    }

    private void Take(LogPosition offered)
    {
        // Who has lost what it acknowledged may have forgotten votes too: no snapshot brings these back.
        if (raft.LossEvidence.IsOf(raft.Term) || raft.IsInstalling) return;

        var log = raft.Log;
        if (log.Matches(offered)) log.CommitTo(offered.Index);
        if (log.Commit >= offered.Index) raft.SendDurable(_leader, new RaftMessage.Appended(offered.Index));
        else raft.Fetch(_leader, offered);
    }

    private void Take(RaftMessage.Heartbeat heartbeat)
    {
        // Nothing that we acknowledged in this term can have been overwritten in it: what is missing was lost.
        var acknowledged = heartbeat.Acknowledged;
        var held = raft.Log.HeldOf(acknowledged);
        raft.Report(raft.LossEvidence.Told(raft.Term, heartbeat, held, raft.Now));
        raft.SendNow(_leader, new RaftMessage.HeartbeatReply(heartbeat.Round, acknowledged, held));
        if (held != acknowledged) return;
        if (heartbeat.Commit <= raft.Log.Last.Index) raft.Log.CommitTo(heartbeat.Commit);
        _compactIndex = Math.Max(_compactIndex, heartbeat.CompactIndex);
    }
}
