using System.Diagnostics;

namespace TinyKv.Core.Raft;

/// <summary>
/// Asks whether it would be elected before it raises its term, so that a member that was cut off comes back
/// without deposing anybody (thesis, section 9.6).
/// </summary>
internal sealed class PreCandidate(RaftCore raft) : Role
{
    private readonly int _timeout = raft.DrawElectionTimeout();
    private readonly long _round = raft.NextRound();
    private readonly Tally _tally = new(raft.Configuration);
    private int _elapsed;

    public override RoleKind Kind => RoleKind.PreCandidate;

    public override void Enter()
    {
        var poll = new RaftMessage.PreVote(raft.Log.Last, _round);
        foreach (var peer in raft.OtherVoters) raft.SendNow(peer, poll, raft.Term + 1);
        Count(raft.Self, granted: true);
    }

    public override void Tick()
    {
        if (++_elapsed >= _timeout) raft.Poll();
    }

    public override void Step(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.PreVoteReply reply:
                // Answers to an earlier poll may be out of date: the log, or who leads, was another.
                if (reply.Round == _round) Count(envelope.From, reply.Granted);
                break;
            case RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.SnapshotOffer or RaftMessage.TimeoutNow:
                raft.FollowSenderOf(envelope);
                break;
            case RaftMessage.RequestVote request:
                raft.AnswerVote(envelope.From, request);
                break;
            case RaftMessage.Vote or RaftMessage.Appended
                or RaftMessage.Rejected or RaftMessage.HeartbeatReply:
                break; // late answers to a role that is over
            default:
                throw new UnreachableException($"{envelope}");
        }
    }

    private void Count(PeerId voter, bool granted)
    {
        _tally.Record(voter, granted);
        if (_tally.Verdict == Verdict.Won) raft.StandForElection();
        else if (_tally.Verdict == Verdict.Lost) raft.Follow(raft.Term, PeerId.None);
    }
}
