using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Tests.Core.Raft;

namespace TinyKv.Tests.Golden;

/// <summary>
/// Nodes and the messages between them, which stay under way until a script delivers them. Checks after every
/// input that no two leaders share a term and that no two state machines disagree.
/// </summary>
internal sealed class RaftCluster
{
    private const int TooManyMessages = 10_000;
    private readonly SortedDictionary<PeerId, RaftNode> _nodes = [];
    private readonly List<RaftEnvelope> _underWay = [];
    private readonly Dictionary<long, PeerId> _leaders = [];
    private readonly Dictionary<PeerId, int> _sides = [];
    private readonly Dictionary<PeerId, RaftNode.Snapshot> _pinned = [];
    private readonly RaftTrace _trace;
    private readonly RaftOptions _options;
    private readonly InitialState _initial;

    public RaftCluster(IEnumerable<PeerId> members, RaftOptions options, RaftTrace trace)
    {
        options.Validate();
        _trace = trace;
        _options = options;
        _initial = new InitialState(Peers.Voters(members), LogPosition.Zero);
        foreach (var member in _initial.Configuration.Members) Add(member.Id);
    }

    /// <summary>A peer with an empty log, which knows the first members.</summary>
    private void Add(PeerId id) => _nodes.Add(id, new RaftNode(id, _initial, _options, _trace, Send));

    /// <summary>A new peer starts.</summary>
    public void Join(PeerId id)
    {
        Add(id);
        Start(id);
    }

    /// <summary>A node pins its engine for another, which may fetch it then.</summary>
    public void Pin(PeerId id, PeerId to) => _pinned[to] = _nodes[id].Pin(to);

    /// <summary>What was pinned for a node has arrived.</summary>
    public void Install(PeerId id)
    {
        _nodes[id].Install(_pinned[id]);
        Check();
    }

    /// <summary>A node, which leads, is asked to let another lead.</summary>
    public void Transfer(PeerId id, PeerId to)
    {
        TransferOutcome outcome = null!;
        Do(id, core =>
        {
            var effects = core.Transfer(to, out outcome);
            _trace.Line(RaftTrace.Of(outcome));
            return effects;
        });
    }

    /// <summary>A node, which leads, is asked to change the members.</summary>
    public void Change(PeerId id, ConfChange change)
    {
        ConfChangeOutcome outcome = null!;
        Do(id, core =>
        {
            var effects = core.Change(change, out outcome);
            _trace.Line(RaftTrace.Of(outcome));
            return effects;
        });
    }

    public IEnumerable<RaftNode> Nodes => _nodes.Values;

    public RaftNode this[PeerId id] => _nodes[id];

    public void Do(PeerId id, Func<RaftCore, Effects> input)
    {
        _nodes[id].Do(input);
        Check();
    }

    public void Start(PeerId id)
    {
        _nodes[id].Start();
        Check();
    }

    /// <summary>What is under way to the node stays there: it arrives after a restart, or is lost.</summary>
    public void Crash(PeerId id) => _nodes[id].Crash();

    /// <summary>Writes held records of a node.</summary>
    public void Release(PeerId id, int records)
    {
        _nodes[id].Release(records);
        Check();
    }

    /// <summary>The sync that a node's engine was asked for is done.</summary>
    public void Sync(PeerId id)
    {
        _nodes[id].SyncEngine();
        Check();
    }

    /// <summary>Delivers what is under way, and what comes of it, oldest first, until nothing is.</summary>
    public void Stabilize()
    {
        for (var delivered = 0; _underWay.Count > 0; delivered++)
        {
            if (delivered > TooManyMessages) throw new FormatException("the group does not come to rest");
            DeliverAt(0);
        }
    }

    /// <summary>Delivers the oldest messages that match, but none that are sent meanwhile.</summary>
    public void Deliver(Predicate<RaftEnvelope> matches, int count)
    {
        foreach (var envelope in Matching(matches, count)) DeliverAt(_underWay.IndexOf(envelope));
    }

    /// <summary>A message arrives that the member it names did not send.</summary>
    public void Forge(RaftEnvelope envelope)
    {
        _trace.Line($"forged: {_trace.Of(envelope, isLost: false)}");
        Do(envelope.To, core => core.Step(envelope));
    }

    /// <summary>Loses the oldest messages that match.</summary>
    public void Drop(Predicate<RaftEnvelope> matches, int count)
    {
        foreach (var envelope in Matching(matches, count))
        {
            _underWay.Remove(envelope);
            _trace.Line(_trace.Of(envelope, isLost: true));
        }
    }

    /// <summary>Sends the oldest messages that match a second time, after all others.</summary>
    public void Duplicate(Predicate<RaftEnvelope> matches, int count) =>
        _underWay.AddRange(Matching(matches, count));

    /// <summary>From now on only nodes on the same side reach each other.</summary>
    public void Partition(IEnumerable<IEnumerable<PeerId>> sides)
    {
        _sides.Clear();
        foreach (var (number, side) in sides.Index())
            foreach (var id in side) _sides.Add(id, number);
        Drop(e => !AreConnected(e.From, e.To), int.MaxValue);
    }

    public void Heal() => _sides.Clear();

    private List<RaftEnvelope> Matching(Predicate<RaftEnvelope> matches, int count) =>
        [.. _underWay.Where(e => matches(e)).Take(count)];

    private void DeliverAt(int position)
    {
        var envelope = _underWay[position];
        _underWay.RemoveAt(position);
        if (_nodes[envelope.To].Core is null) _trace.Line(_trace.Of(envelope, isLost: true));
        else Do(envelope.To, core => core.Step(envelope));
    }

    private void Send(RaftEnvelope envelope)
    {
        var isLost = !_nodes.TryGetValue(envelope.To, out var to) || to.Core is null || !AreConnected(envelope.From, envelope.To);
        _trace.Line(_trace.Of(envelope, isLost));
        if (!isLost) _underWay.Add(envelope);
    }

    private bool AreConnected(PeerId a, PeerId b) =>
        _sides.Count == 0 || (_sides.TryGetValue(a, out var x) && _sides.TryGetValue(b, out var y) && x == y);

    private void Check()
    {
        foreach (var node in Nodes)
        {
            if (node.Core is not { Role: RoleKind.Leader } leader) continue;
            if (!_leaders.TryAdd(leader.Term, node.Id)) Assert.Equal(_leaders[leader.Term], node.Id);
        }

        var longest = Nodes.MaxBy(n => n.Applied.Count)!.Applied;
        foreach (var node in Nodes) Assert.Equal(longest.Take(node.Applied.Count), node.Applied);
    }
}
