using TinyKv.Core.Raft;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>Terms never go back, nobody votes twice in a term, and a term has one leader.</summary>
internal sealed class ElectionRules(Cluster cluster)
{
    private readonly Dictionary<long, (PeerId Leader, LogCopy Log)> _leaders = [];
    private readonly Dictionary<(PeerId Voter, long Term), PeerId> _votes = [];
    private readonly Dictionary<(PeerId Candidate, long Term), LogPosition> _asked = [];

    /// <summary>The logs of the leaders of later terms, as they were when these were elected.</summary>
    public IEnumerable<(long Term, PeerId Leader, LogCopy Log)> LeadersAfter(long term) =>
        from leader in _leaders
        where leader.Key > term
        select (leader.Key, leader.Value.Leader, leader.Value.Log);

    /// <summary>
    /// A record has reached a disk: its vote survives crashes and so counts, whoever saw it.
    /// </summary>
    public void Recorded(Node node)
    {
        if (node.Journal.Vote != PeerId.None) Voted(node.Id, node.Journal.Term, node.Journal.Vote);
    }

    /// <summary>
    /// A group of one led without ever having said so to a disk or to anybody: that term may come again.
    /// </summary>
    public void ForgetUnrecorded(Node node)
    {
        foreach (var term in _leaders.Keys)
            if (term > node.Journal.Term) _leaders.Remove(term);
    }

    /// <summary>A vote was cast.</summary>
    public void Voted(PeerId voter, long term, PeerId candidate)
    {
        if (_votes.TryAdd((voter, term), candidate)) return;
        Judge.Holds(Rule.OneVotePerTerm, _votes[(voter, term)] == candidate,
            $"{voter} voted for {_votes[(voter, term)]} and for {candidate} in term {term}");
    }

    /// <summary>Checks term and role.</summary>
    public void AfterInput(Node node, View before, View now)
    {
        Judge.Holds(Rule.NothingGoesBack, now.Term >= before.Term,
            $"{node.Id} went from term {before.Term} back to {now.Term}");
        Judge.Holds(Rule.LogMatching, now.Term >= node.Log.Last.Term,
            $"{node.Id} is in term {now.Term} with {node.Log.Last}");
        Observe(before, now);
        if (now.Leads && !(before.Leads && before.Term == now.Term)) Elected(node, now.Term);
    }

    /// <summary>Checks that a poll binds nobody.</summary>
    public static void AfterMessage(Node node, View before, RaftMessage message)
    {
        if (message is not RaftMessage.PreVote) return;
        Judge.Holds(Rule.PollsBindNobody, node.Core.Term == before.Term, $"a poll took {node.Id} to term {node.Core.Term}");
        Judge.Holds(Rule.PollsBindNobody, node.Core.Role == before.Role, $"a poll made {node.Id} a {node.Core.Role}");
    }

    /// <summary>A candidate asks for votes, with a log that ends at <paramref name="last"/>.</summary>
    public void Asked(PeerId candidate, long term, LogPosition last) => _asked[(candidate, term)] = last;

    /// <summary>Checks that a vote being given goes to a log that is at least as up to date.</summary>
    public void Granting(Node node, RaftEnvelope envelope)
    {
        if (envelope.Message is not RaftMessage.Vote { Granted: true }) return;
        var last = _asked[(envelope.To, envelope.Term)];
        Judge.Holds(Rule.UpToDateVotes, last.IsAtLeast(node.Log.Last),
            $"{node.Id} with {node.Log.Last} votes for {envelope.To} with {last}");
    }

    private void Elected(Node node, long term)
    {
        var votes = cluster.VotersOf(node.Log.Members).Count(voter =>
            voter == node || _votes.GetValueOrDefault((voter.Id, term)) == node.Id);
        Judge.Holds(Rule.ElectedByMajority, votes >= node.Log.Members.Majority,
            $"{node.Id} leads term {term} with {votes} votes of {node.Log.Members}");
        Judge.Holds(Rule.OneLeaderPerTerm, _leaders.TryAdd(term, (node.Id, node.Log.Clone())),
            $"term {term} has two leaders, {_leaders.GetValueOrDefault(term).Leader} and {node.Id}");
        cluster.Invariants.Commits.CheckLeader(term, node.Id, node.Log);
        cluster.Invariants.Reads.Elected(node);
        cluster.Marks.Hit(Mark.ElectionWon);
        cluster.Marks.HitIf(cluster.Plan.Members == 1, Mark.GroupOfOneElected);
        cluster.Marks.HitIf(cluster.Nodes.Count(other => other.Leads) > 1, Mark.TwoLeadersAtOnce);
    }

    private void Observe(View before, View now)
    {
        var marks = cluster.Marks;
        if (before.Role == now.Role && before.Term == now.Term) return;
        marks.HitIf(before.Role == RoleKind.Candidate && !now.Leads, Mark.ElectionLost);
        marks.HitIf(before.Leads && now.Term > before.Term, Mark.LeaderDeposed);
        marks.HitIf(before.Leads && now.Term == before.Term, Mark.LeaderSteppedDownUnasked);
    }
}
