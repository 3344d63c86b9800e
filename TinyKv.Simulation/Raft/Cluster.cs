using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>
/// The whole world of one seed: members, network, clients, and what is known about them all.
/// </summary>
internal sealed class Cluster
{
    private readonly List<Node> _nodes = [];
    private readonly Dictionary<PeerId, Node> _byId = [];

    /// <summary>Draws a plan and starts its members.</summary>
    public Cluster(int seed, bool readable)
    {
        Random = new Random(seed);
        Numbers = new Random(~seed);
        Plan = Plan.Draw(Random, Numbers).WithCompaction(seed).WithMembership(seed).WithTransfers(seed);
        Trace = new Trace(readable);
        Network = new Network(Plan.ChangesMembers ? MemberChanges.MaxMembers : Plan.Members, Random, Plan.Faults, Marks);
        Invariants = new Invariants(this);
        Clients = new Clients(this);
        Changes = new MemberChanges(this);
        Snapshots = new Snapshots(this);
        foreach (var member in Plan.Initial.Configuration.Members) Add(member);
        Trace.Add($"{string.Join(' ', Plan.Voters)} {Plan}");
        Marks.HitIf(Plan.Truncated != LogPosition.Zero, Mark.CreatedAfterTruncation);
    }

    /// <summary>What the seed decided beforehand.</summary>
    public Plan Plan { get; }

    /// <summary>The only source of chance in what happens.</summary>
    public Random Random { get; }

    /// <summary>Draws the members' numbers.</summary>
    public Random Numbers { get; }

    /// <summary>What happened so far.</summary>
    public Trace Trace { get; }

    /// <summary>Which states were reached.</summary>
    public Marks<Mark> Marks { get; } = new();

    /// <summary>Messages under way.</summary>
    public Network Network { get; }

    /// <summary>What must hold.</summary>
    public Invariants Invariants { get; }

    /// <summary>Who proposes and reads.</summary>
    public Clients Clients { get; }

    /// <summary>Who changes the members.</summary>
    public MemberChanges Changes { get; }

    /// <summary>Snapshots under way.</summary>
    public Snapshots Snapshots { get; }

    /// <summary>All who are or were members, those that were there from the beginning first.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>The members that run.</summary>
    public IEnumerable<Node> Up => Nodes.Where(node => node.IsUp);

    /// <summary>The number of the current step.</summary>
    public long StepNumber { get; private set; }

    /// <summary>The leader of the newest term, if a member that runs leads.</summary>
    public Node? Leader => Nodes.Where(node => node.Leads).MaxBy(node => node.Core.Term);

    /// <summary>The next step begins.</summary>
    public void NextStep() => Trace.Mix(++StepNumber);

    /// <summary>The member with the number <paramref name="id"/>.</summary>
    public Node this[PeerId id] => _byId[id];

    /// <summary>The voters of a configuration.</summary>
    public IEnumerable<Node> VotersOf(Configuration members) => _nodes.Where(node => members.IsVoter(node.Id));

    /// <summary>A peer, with an empty log.</summary>
    public Node Add(Peer peer)
    {
        var node = new Node(this, peer);
        _nodes.Add(node);
        _byId.Add(peer.Id, node);
        return node;
    }

    /// <summary>Hands a message to its receiver, if that runs.</summary>
    public void Deliver(Packet packet)
    {
        if (!_byId.TryGetValue(packet.Envelope.To, out var node) || !node.IsUp) return;
        var envelope = packet.Envelope;
        Trace.Add($"{node.Id} ← {envelope.From} term {envelope.Term} {Node.Show(envelope.Message)}");
        node.Receive(packet);
        if (node.MustEnd) End(node);
    }

    /// <summary>A member is told that the connection over which it heard another has ended.</summary>
    public void Disconnect(Node node, PeerId other)
    {
        Trace.Add($"{node.Id} is disconnected from {other}");
        Marks.Hit(Mark.Disconnected);
        node.Feed(core => core.Disconnected(other), node.View);
    }

    /// <summary>The leader is asked to let another lead.</summary>
    public void Transfer(Node leader, PeerId to)
    {
        TransferOutcome outcome = null!;
        leader.Feed(core => core.Transfer(to, out outcome), leader.View);
        Trace.Add($"{leader.Id} is asked to let {to} lead: {outcome}");
        Marks.Hit(outcome is TransferOutcome.Begun ? Mark.TransferBegun : Mark.TransferRefused);
    }

    /// <summary>Whether somebody puts back at once what a member lost that has ended for it.</summary>
    public bool RepairsAtOnce { get; set; }

    private void End(Node node)
    {
        node.Crash();
        if (!RepairsAtOnce) return;
        node.PutBackTail();
        node.Start();
    }

    /// <summary>Every clock ticks once, in any order.</summary>
    public void TickAll()
    {
        var first = Random.Next(Nodes.Count);
        for (var i = 0; i < Nodes.Count; i++) Tick(Nodes[(first + i) % Nodes.Count]);
    }

    /// <summary>One clock ticks.</summary>
    public void Tick(Node node)
    {
        Trace.Add($"{node.Id} ticks");
        node.Tick();
    }
}
