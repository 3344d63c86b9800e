using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// A message that leaves promises only what the sender's disk would remember, and keeps the limits.
/// </summary>
internal sealed class PromiseRules(Cluster cluster)
{
    private readonly Dictionary<(PeerId Follower, long Term), long> _acknowledged = [];
    private readonly Dictionary<(PeerId Leader, PeerId Follower, long Term), int> _unanswered = [];

    /// <summary>Up to where a member has acknowledged the log to the leader of a term.</summary>
    public long AcknowledgedBy(PeerId follower, long term) =>
        _acknowledged.GetValueOrDefault((follower, term), cluster.Plan.Truncated.Index);

    /// <summary>Checks a message at the moment when it leaves.</summary>
    public void Leaving(Node node, RaftEnvelope envelope)
    {
        Judge.Holds(Rule.DurablePromises, envelope.From == node.Id && envelope.To != node.Id, $"{node.Id} sends {envelope}");
        switch (envelope.Message)
        {
            case RaftMessage.RequestVote request:
                CheckVote(node, envelope.Term, node.Id);
                cluster.Invariants.Elections.Asked(node.Id, envelope.Term, request.Last);
                break;
            case RaftMessage.TimeoutNow: cluster.Invariants.Reads.HandingOver(node); break;
            case RaftMessage.Vote { Granted: true }: CheckVote(node, envelope.Term, envelope.To); break;
            case RaftMessage.Append append: CheckAppend(node, envelope, append); break;
            case RaftMessage.Appended appended: CheckAppended(node, envelope, appended.Match); break;
            case RaftMessage.Heartbeat heartbeat: CheckHeartbeat(node, envelope, heartbeat); break;
            case RaftMessage.Vote: cluster.Marks.Hit(Mark.VoteRefused); break;
            case RaftMessage.Rejected: Rejected(envelope); break;
            case RaftMessage.PreVoteReply reply:
                cluster.Marks.Hit(reply.Granted ? Mark.PreVoteGranted : Mark.PreVoteRefused);
                break;
        }
    }

    private void CheckVote(Node node, long term, PeerId candidate)
    {
        var disk = node.Journal;
        Judge.Holds(Rule.DurablePromises, disk.Term > term || (disk.Term == term && disk.Vote == candidate),
            $"{node.Id} votes for {candidate} in {term}; its disk says {disk.Vote} in {disk.Term}");
        cluster.Invariants.Elections.Voted(node.Id, term, candidate);
    }

    private void CheckAppend(Node node, RaftEnvelope envelope, RaftMessage.Append append)
    {
        var (options, entries) = (cluster.Plan.Options, append.Entries);
        Judge.Holds(Rule.LogMatching, node.Log.Contains(append.Previous),
            $"{node.Id} sends what it does not have: {append}");
        var previous = append.Previous;
        foreach (var entry in entries)
        {
            Judge.Holds(Rule.LogMatching, entry.Index == previous.Index + 1 && node.Log.Contains(entry.Position),
                $"{node.Id} sends {entry.Position} after {previous}");
            previous = entry.Position;
        }
        Judge.Holds(Rule.Limits, entries.Length <= options.MaxEntriesPerAppend,
            $"{node.Id} sends {entries.Length} entries");
        var bytes = entries.Sum(entry => (long)entry.Data.Length);
        Judge.Holds(Rule.Limits, entries.Length <= 1 || bytes <= options.MaxBytesPerAppend,
            $"{node.Id} sends {bytes} bytes");
        if (entries.IsEmpty) return;
        cluster.Marks.HitIf(entries.Length > 1 && entries.Length == options.MaxEntriesPerAppend,
            Mark.FullAppend);
        cluster.Marks.HitIf(!node.Journal.Log.Contains(entries[^1].Position), Mark.AppendLeftBeforeOwnWrite);
        var unanswered = _unanswered[Link(envelope)] = _unanswered.GetValueOrDefault(Link(envelope)) + 1;
        cluster.Marks.HitIf(unanswered > 1 && unanswered == options.MaxInflightAppends,
            Mark.AppendWindowFull);
    }

    private void CheckAppended(Node node, RaftEnvelope envelope, long match)
    {
        Judge.Holds(Rule.DurablePromises, match <= node.Journal.Log.Last.Index,
            $"{node.Id} acknowledges {match} with a disk that ends at {node.Journal.Log.Last}");
        var key = (node.Id, envelope.Term);
        _acknowledged[key] = Math.Max(match, _acknowledged.GetValueOrDefault(key));
        _unanswered.Remove((envelope.To, node.Id, envelope.Term));
    }

    private void CheckHeartbeat(Node node, RaftEnvelope envelope, RaftMessage.Heartbeat heartbeat)
    {
        // What the sender has compacted was acknowledged to somebody.
        var known = Math.Max(AcknowledgedBy(envelope.To, envelope.Term), node.Core.FirstIndex - 1);
        Judge.Holds(Rule.AcknowledgedHeartbeats, heartbeat.Commit <= known && heartbeat.Acknowledged.Index <= known,
            $"{envelope.From} tells {envelope.To} {heartbeat}, acknowledged was {known}");
    }

    private void Rejected(RaftEnvelope envelope)
    {
        cluster.Marks.Hit(Mark.AppendRejected);
        _unanswered.Remove((envelope.To, envelope.From, envelope.Term));
    }

    private static (PeerId Leader, PeerId Follower, long Term) Link(RaftEnvelope envelope) =>
        (envelope.From, envelope.To, envelope.Term);
}
