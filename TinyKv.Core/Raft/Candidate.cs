using System.Diagnostics;

namespace TinyKv.Core.Raft;

/// <summary>Has voted for itself in a new term and asks the others to do the same.</summary>
internal sealed class Candidate(RaftCore raft, bool isTransfer) : Role
{
    private readonly int _timeout = raft.DrawElectionTimeout();
    private readonly Tally _tally = new(raft.Configuration);
    private int _elapsed;

    public override RoleKind Kind => RoleKind.Candidate;

    public override void Enter()
    {
        // Our own vote must be durable before anybody else adds to it.
        var request = new RaftMessage.RequestVote(raft.Log.Last, isTransfer);
        foreach (var peer in raft.OtherVoters) raft.SendDurable(peer, request);
        if (raft.IsAlone) Count(raft.Self, granted: true);
    }

    // From then on it counts here, too: an only voter may have learners, which must not hear of a term that a crash takes
    // back.
    public override void Stored()
    {
        if (!raft.Log.IsWriting) Count(raft.Self, granted: true);
    }

    public override void Tick()
    {
        // Nobody was asked before our vote is durable: a slow disk must not end an election before it begins.
        if (raft.Log.IsWriting) return;
        if (++_elapsed >= _timeout) raft.Poll();
    }

    public override void Step(RaftEnvelope envelope)
    {
        switch (envelope.Message)
        {
            case RaftMessage.Vote vote:
                Count(envelope.From, vote.Granted);
                break;
            case RaftMessage.Append or RaftMessage.Heartbeat or RaftMessage.SnapshotOffer:
                raft.FollowSenderOf(envelope); // another one won this term
                break;
            case RaftMessage.TimeoutNow:
                break; // that is what we do
            case RaftMessage.RequestVote:
                raft.SendNow(envelope.From, new RaftMessage.Vote(Granted: false)); // our vote is our own
                break;
            case RaftMessage.PreVoteReply or RaftMessage.Appended
                or RaftMessage.Rejected or RaftMessage.HeartbeatReply:
                break; // late answers to a role that is over
            default:
                throw new UnreachableException($"{envelope}");
        }
    }

    private void Count(PeerId voter, bool granted)
    {
        _tally.Record(voter, granted);
        if (_tally.Verdict == Verdict.Won) raft.Lead();
        else if (_tally.Verdict == Verdict.Lost) raft.Follow(raft.Term, PeerId.None);
    }
}
