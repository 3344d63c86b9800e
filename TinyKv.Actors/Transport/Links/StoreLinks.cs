using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Transport.Links;

/// <summary>
/// The connections of a store to all others, for Raft's batches and apart from those for snapshots: the gateway, the cluster
/// and clients, whatever they do, do not hold them up. Each store makes its own to each other to speak, and takes theirs to
/// listen.
/// </summary>
internal sealed class StoreLinks
{
    private readonly LinkSpec _spec;
    private readonly LinkRules _rules;
    private readonly LinkListener _listener;
    private readonly LinkReport _report;
    private readonly Func<StoreId, IActorRef, IActorRef> _over;
    private readonly Lock _lock = new();
    private volatile ImmutableDictionary<StoreId, Pair> _links = ImmutableDictionary<StoreId, Pair>.Empty;
    private IActorRef _transport = ActorRefs.Nobody;
    private IActorRef _snapshots = ActorRefs.Nobody;
    private bool _hasStarted;
    private bool _hasEnded;

    /// <param name="spec">What they are made from.</param>
    /// <param name="report">Is told what becomes of them.</param>
    /// <param name="others">The transports of the other stores.</param>
    /// <param name="over">What stands between this store and a connection; null: nothing.</param>
    public StoreLinks(
        LinkSpec spec, LinkReport report, IEnumerable<KeyValuePair<StoreId, IActorRef>> others,
        Func<StoreId, IActorRef, IActorRef>? over = null)
    {
        (_spec, _report, _over) = (spec, report, over ?? ((_, link) => link));
        _rules = new LinkRules(spec.Cluster, spec.Self, spec.Incarnation);
        _listener = new LinkListener(spec, _rules, report, Deliver, Disconnected);
        foreach (var (store, remote) in others) Add(store, remote);
    }

    /// <summary>What carries batches to another store; null when there is no such store.</summary>
    public IActorRef? To(StoreId store) => _links.GetValueOrDefault(store)?.ToRaft;

    /// <summary>What carries snapshots to another store; null when there is no such store.</summary>
    public IActorRef? BulkTo(StoreId store) => _links.GetValueOrDefault(store)?.ToBulk;

    /// <summary>Begins to listen, and to connect to those that are accepted.</summary>
    /// <param name="transport">This store's transport, which takes what they say, from the transport of who says it.</param>
    public void Start(IActorRef transport)
    {
        lock (_lock)
        {
            _transport = transport;
            _hasStarted = true;
            _spec.Run(_listener.RunAsync);
            foreach (var link in _links.Values) _spec.Run(link.Raft.RunAsync);
        }
    }

    /// <summary>There is another store, to be connected to as soon as it is accepted.</summary>
    /// <param name="store">Its number.</param>
    /// <param name="remote">Its transport.</param>
    public void Add(StoreId store, IActorRef remote)
    {
        lock (_lock)
        {
            if (_hasEnded || _links.ContainsKey(store)) return;
            var raft = new OutboundLink(_spec, _rules, _report, store, remote, LinkTraffic.Raft);
            var bulk = new OutboundLink(_spec, _rules, _report, store, remote, LinkTraffic.Bulk);
            _links = _links.Add(store, new Pair(raft, bulk, _over(store, raft), _over(store, bulk)));
            if (_hasStarted) _spec.Run(raft.RunAsync);
        }
    }

    /// <summary>There is no such store any more: it is neither connected to nor listened to.</summary>
    public void Remove(StoreId store)
    {
        lock (_lock)
        {
            _rules.Remove(store);
            if (!_links.TryGetValue(store, out var link)) return;
            _links = _links.Remove(store);
            link.End();
        }
        _listener.Close(store);
    }

    /// <summary>Who takes what others say of snapshots; what comes before is dropped.</summary>
    public void DeliverBulk(IActorRef snapshots) => Volatile.Write(ref _snapshots, snapshots);

    /// <summary>An incarnation of a store is listened to and spoken to, and no other.</summary>
    public void Accept(StoreId store, ulong incarnation)
    {
        if (!_links.TryGetValue(store, out var link)) return;
        _rules.Accept(store, incarnation);
        link.Raft.Reconnect();
        link.Bulk.Reconnect();
    }

    /// <summary>Ends the connection to a store, and makes another; nothing, for one that is not spoken to.</summary>
    public void Reconnect(StoreId store) => _links.GetValueOrDefault(store)?.Raft.Reconnect();

    /// <summary>The same for what carries snapshots.</summary>
    public void ReconnectBulk(StoreId store) => _links.GetValueOrDefault(store)?.Bulk.Reconnect();

    /// <summary>Ends all connections.</summary>
    public void End()
    {
        _listener.End();
        lock (_lock)
        {
            _hasEnded = true;
            foreach (var link in _links.Values) link.End();
        }
        _spec.Network.Dispose();
    }

    private void Disconnected(StoreId store) => _transport.Tell(new StoreDisconnected(store), ActorRefs.NoSender);

    private void Deliver(StoreId from, LinkTraffic traffic, byte[] frame)
    {
        if (!_links.TryGetValue(from, out var link)) return;
        if (traffic == LinkTraffic.Raft) _transport.Tell(new EncodedRaftBatch(frame), link.Raft);
        else Volatile.Read(ref _snapshots).Tell(new EncodedSnapshotMessage(from, frame), ActorRefs.NoSender);
    }

    /// <summary>The connections to a store, and what stands before them.</summary>
    private sealed record Pair(OutboundLink Raft, OutboundLink Bulk, IActorRef ToRaft, IActorRef ToBulk)
    {
        public void End()
        {
            Raft.End();
            Bulk.End();
        }
    }
}
