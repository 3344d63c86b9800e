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
    private readonly ImmutableDictionary<StoreId, OutboundLink> _links;
    private readonly ImmutableDictionary<StoreId, OutboundLink> _bulk;
    private IActorRef _transport = ActorRefs.Nobody;
    private IActorRef _snapshots = ActorRefs.Nobody;

    /// <param name="spec">What they are made from.</param>
    /// <param name="report">Is told what becomes of them.</param>
    /// <param name="others">The transports of the other stores.</param>
    public StoreLinks(
        LinkSpec spec, LinkReport report, IEnumerable<KeyValuePair<StoreId, IActorRef>> others)
    {
        _spec = spec;
        _rules = new LinkRules(spec.Cluster, spec.Self, spec.Incarnation);
        var known = others.ToList();
        (_links, _bulk) = (LinksFor(LinkTraffic.Raft), LinksFor(LinkTraffic.Bulk));
        _listener = new LinkListener(spec, _rules, report, Deliver, Disconnected);

        ImmutableDictionary<StoreId, OutboundLink> LinksFor(LinkTraffic traffic) => known.ToImmutableDictionary(
            other => other.Key, other => new OutboundLink(spec, _rules, report, other.Key, other.Value, traffic));
    }

    /// <summary>What carries batches to each other store.</summary>
    public ImmutableDictionary<StoreId, IActorRef> To =>
        _links.ToImmutableDictionary(link => link.Key, IActorRef (link) => link.Value);

    /// <summary>What carries snapshots to each other store.</summary>
    public ImmutableDictionary<StoreId, IActorRef> BulkTo =>
        _bulk.ToImmutableDictionary(link => link.Key, IActorRef (link) => link.Value);

    /// <summary>Begins to listen, and to connect to those that are accepted.</summary>
    /// <param name="transport">This store's transport, which takes what they say, from the transport of who says it.</param>
    public void Start(IActorRef transport)
    {
        _transport = transport;
        _spec.Run(_listener.RunAsync);
        foreach (var link in _links.Values) _spec.Run(link.RunAsync);
    }

    /// <summary>Who takes what others say of snapshots; what comes before is dropped.</summary>
    public void DeliverBulk(IActorRef snapshots) => Volatile.Write(ref _snapshots, snapshots);

    /// <summary>An incarnation of a store is listened to and spoken to, and no other.</summary>
    public void Accept(StoreId store, ulong incarnation)
    {
        _rules.Accept(store, incarnation);
        _links[store].Reconnect();
        _bulk[store].Reconnect();
    }

    /// <summary>Ends the connection to a store, and makes another; nothing, for one that is not spoken to.</summary>
    public void Reconnect(StoreId store) => _links.GetValueOrDefault(store)?.Reconnect();

    /// <summary>The same for what carries snapshots.</summary>
    public void ReconnectBulk(StoreId store) => _bulk.GetValueOrDefault(store)?.Reconnect();

    /// <summary>Ends all connections.</summary>
    public void End()
    {
        _listener.End();
        foreach (var link in _links.Values.Concat(_bulk.Values)) link.End();
        _spec.Network.Dispose();
    }

    private void Disconnected(StoreId store) => _transport.Tell(new StoreDisconnected(store), ActorRefs.NoSender);

    private void Deliver(StoreId from, LinkTraffic traffic, byte[] frame)
    {
        if (traffic == LinkTraffic.Raft) _transport.Tell(new EncodedRaftBatch(frame), _links[from]);
        else Volatile.Read(ref _snapshots).Tell(new EncodedSnapshotMessage(from, frame), ActorRefs.NoSender);
    }
}
