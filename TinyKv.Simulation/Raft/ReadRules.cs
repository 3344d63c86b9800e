using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// Reads are linearizable: a read sees everything that was committed when it began, and it is granted only by
/// a leader that a majority followed since then, or, with a lease, so recently that nobody else can lead yet.
/// </summary>
internal sealed class ReadRules(Cluster cluster)
{
    private readonly Dictionary<long, OpenRead> _open = [];
    private readonly Dictionary<(PeerId Follower, long Term), Contact> _heard = [];

    private readonly Dictionary<(PeerId Leader, long Term), long> _handedOver = []; // in which step

    /// <summary>Reads that were neither granted nor dropped yet.</summary>
    public int Open => _open.Count;

    /// <summary>A read begins at a leader.</summary>
    public void Begin(Node node, long context)
    {
        _open.Add(context, new OpenRead(node, cluster.StepNumber, cluster.Invariants.Commits.Last));
        cluster.Marks.HitIf(!CommittedInOwnTerm(node), Mark.ReadWaitedForOwnTerm);
    }

    /// <summary>
    /// A member has taken a message; if it comes from the leader of its term, it follows that leader. Who has been
    /// told by that leader that it has lost data does not count.
    /// </summary>
    public void Heard(Node node, Packet packet)
    {
        var envelope = packet.Envelope;
        if (envelope.Message is not (RaftMessage.Heartbeat or RaftMessage.Append)) return;
        if (envelope.Term < node.Core.Term) return;
        if (node.Core.HasLostData && node.Core.DataLosses.Any(loss => loss.Term == envelope.Term)) return;
        var key = (node.Id, envelope.Term);
        if (!_heard.TryGetValue(key, out var known) || known.Step < packet.SentStep)
            _heard[key] = new Contact(packet.SentStep, packet.SentClock);
    }

    /// <summary>
    /// Checks that no lease was overrun by an election: none whose confirming heartbeats reached a majority
    /// may still hold, whether its leader knows of the answers or not.
    /// </summary>
    public void Elected(Node winner)
    {
        cluster.Marks.HitIf(cluster.Nodes.Any(node => node != winner && node.Leads
            && _handedOver.ContainsKey((node.Id, node.Core.Term))), Mark.TransferredWhileLeaderWasHeard);
        if (!cluster.Plan.Options.LeaseReads) return;
        foreach (var node in cluster.Nodes)
            Judge.Holds(Rule.LeasesHold, node == winner || !node.Leads || !MayHoldLease(node),
                $"{winner.Id} is elected in term {winner.Core.Term} within the lease of {node.Id}");
    }

    /// <summary>A leader tells another to stand for election: nobody waits for its lease any more.</summary>
    public void HandingOver(Node leader) => _handedOver.TryAdd((leader.Id, leader.Core.Term), cluster.StepNumber);

    /// <summary>Checks grants and drops.</summary>
    public void AfterInput(Node node, View before, Effects effects)
    {
        // Who is removed leads no more when it says so.
        var leads = node.Leads || (before.Leads && before.Term == node.Core.Term);
        Judge.Holds(Rule.CurrentReads, leads || effects.Reads.IsEmpty, $"{node.Id} grants a read and does not lead");
        foreach (var read in effects.Reads) Granted(node, read);
        foreach (var context in effects.ReadsDropped)
        {
            Take(node, context);
            cluster.Marks.Hit(Mark.ReadDropped);
        }
        cluster.Marks.HitIf(effects.Reads.Length > 1, Mark.OneRoundForManyReads);
        Judge.Holds(Rule.ReadsEnd, node.Leads || !_open.Values.Any(read => read.Node == node),
            $"{node.Id} lost leadership and keeps reads");
    }

    /// <summary>A member has lost its memory.</summary>
    public void Forget(Node node)
    {
        foreach (var (context, read) in _open)
            if (read.Node == node) _open.Remove(context);
    }

    private void Granted(Node node, ReadGrant grant)
    {
        var read = Take(node, grant.Context);

        Judge.Holds(Rule.CurrentReads, CommittedInOwnTerm(node),
            $"{node.Id} grants a read before it committed in its own term");
        Judge.Holds(Rule.CurrentReads, grant.Index >= read.Committed,
            $"{node.Id} grants a read at {grant.Index}; {read.Committed} was committed before it began");
        Judge.Holds(Rule.CurrentReads, grant.Index <= node.Core.Commit,
            $"{node.Id} grants a read at {grant.Index}, uncommitted");
        var confirmed = IsFollowed(node, contact => contact.Step >= read.Step);
        var leased = cluster.Plan.Options.LeaseReads && MayHoldLease(node);
        Judge.Holds(Rule.CurrentReads, confirmed || leased,
            $"{node.Id} grants read {grant.Context} without a majority behind it");
        cluster.Marks.HitIf(_handedOver.ContainsKey((node.Id, node.Core.Term)), Mark.ReadConfirmedAfterHandingOver);
        cluster.Marks.Hit(Mark.ReadGranted);
        cluster.Marks.HitIf(!confirmed, Mark.ReadFromLease);
    }

    // Reads that were granted in the same step came before that.
    private bool MayHoldLease(Node leader) =>
        _handedOver.GetValueOrDefault((leader.Id, leader.Core.Term), long.MaxValue) >= cluster.StepNumber
        && IsFollowed(leader, contact => leader.Clock - contact.Clock < cluster.Plan.Options.LeaseTicks);

    private OpenRead Take(Node node, long context)
    {
        Judge.Holds(Rule.ReadsEnd, _open.Remove(context, out var read), $"{node.Id} ends read {context} again");
        Judge.Holds(Rule.ReadsEnd, read.Node == node, $"{node.Id} ends read {context} of {read.Node.Id}");
        return read;
    }

    // By a majority of the members, or of those before them: nobody is elected without some of either. Who went over to a
    // later leader since then still counts: it followed this one when the read had begun.
    private bool IsFollowed(Node leader, Func<Contact, bool> recent)
    {
        var log = leader.Log;
        return IsFollowed(log.Members) || IsFollowed(log.MembersAt(log.MembersIndex - 1));

        bool IsFollowed(Configuration members) => cluster.VotersOf(members).Count(node => node == leader
            || (_heard.TryGetValue((node.Id, leader.Core.Term), out var contact) && recent(contact))) >= members.Majority;
    }

    private static bool CommittedInOwnTerm(Node node) => node.Log.At(node.Core.Commit).Term == node.Core.Term;

    private readonly record struct OpenRead(Node Node, long Step, long Committed);

    private readonly record struct Contact(long Step, long Clock);
}
