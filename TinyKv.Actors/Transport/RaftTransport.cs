using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Telemetry;
using TinyKv.Actors.Transport.Links;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Raft;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport;

/// <summary>What the transport of a store is made from.</summary>
/// <param name="Cluster">Stores of other clusters are not listened to.</param>
/// <param name="Self">This store.</param>
/// <param name="Incarnation">Drawn at every start of the store.</param>
/// <param name="To">The transport of another store, by a reference that outlives restarts of its; null when there is no such
/// store.</param>
internal sealed record TransportSpec(ulong Cluster, StoreId Self, ulong Incarnation, Func<StoreId, IActorRef?> To)
{
    /// <summary>Re-establishes the connection to a store.</summary>
    public Action<StoreId> Reconnect { get; init; } = _ => { };

    /// <summary>Is told which incarnation of a store to connect to, and to take connections of.</summary>
    public Action<StoreId, ulong> Accept { get; init; } = (_, _) => { };

    /// <summary>Ends all connections.</summary>
    public Action End { get; init; } = () => { };

    /// <summary>How long a store may hear nothing of what is sent to it before it is reconnected to.</summary>
    public TimeSpan LinkTimeout { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Who takes the <see cref="InboundRaftMessage"/> that arrives; what comes before is dropped.</summary>
internal sealed record DeliverTo(IActorRef Store);

/// <summary>
/// Carries the Raft messages of all regions of this store. Everything that accumulates in one turn for one store
/// leaves in one batch: what it costs is per batch, not per byte. Nothing is repeated or kept, Raft does that. Listens
/// to the incarnations of other stores that the <see cref="Handshake"/> has accepted, and to nobody else.
/// </summary>
internal sealed class RaftTransport(TransportSpec spec) : UntypedActor
{
    /// <summary>The actor's name; every store's transport is at <c>/user/raft-transport</c>.</summary>
    public const string Name = "raft-transport";

    // A longer frame would hold up the heartbeats behind it.
    private const long MaxBatchBytes = 1024 * 1024;
    private const int MessageOverhead = 64;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly LogLimit _limit = new(Context.System.Scheduler);
    private readonly TransportMetrics _metrics = new(spec.Self);
    private readonly SortedDictionary<ulong, List<OutboundRaftMessage>> _outbox = [];
    private readonly Dictionary<ulong, LinkWatch> _links = [];
    private readonly Dictionary<ulong, ulong> _accepted = [];
    private IActorRef _store = ActorRefs.Nobody;
    private bool _flushing;

    /// <summary>What makes the actor.</summary>
    public static Props Props(TransportSpec spec) => Akka.Actor.Props.Create(() => new RaftTransport(spec));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case OutboundRaftMessage own when own.To == spec.Self: Deliver(own.Region, spec.Self, own.Envelope); break;
            case OutboundRaftMessage outbound: Collect(outbound); break;
            case Flush: SendAll(); break;
            case EncodedRaftBatch encoded: Receive(encoded); break;
            case StoreDisconnected: _store.Tell(message); break;
            case DeliverTo deliver: _store = deliver.Store; break;
            case Listen listen: Accept(listen); break;
            case Forget forget: Forget(forget.Store.Value); break;
            default: Unhandled(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        // A new one would not know whom to deliver to.
        StoreFailed.Publish(Context.System, "the transport has failed", reason);
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop() => spec.End();

    private void Accept(Listen listen)
    {
        _accepted[listen.Store.Value] = listen.Incarnation;
        spec.Accept(listen.Store, listen.Incarnation);
    }

    private void Forget(ulong store)
    {
        _accepted.Remove(store);
        _links.Remove(store);
        _outbox.Remove(store);
    }

    private void Collect(OutboundRaftMessage outbound)
    {
        if (!_outbox.TryGetValue(outbound.To.Value, out var messages)) _outbox[outbound.To.Value] = messages = [];
        messages.Add(outbound);
        if (_flushing) return;
        _flushing = true;
        Self.Tell(Flush.Instance);
    }

    private void SendAll()
    {
        _flushing = false;
        foreach (var (store, messages) in _outbox)
        {
            if (messages.Count > 0 && spec.To(new StoreId(store)) is { } target) SendTo(target, store, messages);
            messages.Clear();
        }
    }

    private void SendTo(IActorRef target, ulong store, List<OutboundRaftMessage> messages)
    {
        var (batch, bytes) = (NewBatch(store), 0L);
        foreach (var outbound in messages)
        {
            var size = SizeOf(outbound.Envelope);
            if (batch.Messages.Count > 0 && bytes + size > MaxBatchBytes)
            {
                Post(target, batch, bytes);
                (batch, bytes) = (NewBatch(store), 0);
            }
            batch.Messages.Add(RaftWire.ToWire(outbound.Region, outbound.Envelope));
            bytes += size;
        }
        if (batch.Messages.Count > 0) Post(target, batch, bytes);
        if (!LinkTo(store).IsDead(Now)) return;
        _limit.Warning(_log, $"unheard by {store}", "Store {Store} does not hear this one; reconnecting", store);
        spec.Reconnect(new StoreId(store));
    }

    private void Post(IActorRef target, RaftBatch batch, long bytes)
    {
        _metrics.Sent(batch.Messages.Count, bytes);
        target.Tell(batch);
    }

    private static TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    private LinkWatch LinkTo(ulong store)
    {
        if (!_links.TryGetValue(store, out var link))
            _links[store] = link = new LinkWatch(spec.Incarnation, spec.LinkTimeout);
        return link;
    }

    private RaftBatch NewBatch(ulong store)
    {
        var link = LinkTo(store);
        return new RaftBatch
        {
            ClusterId = spec.Cluster,
            FromStore = spec.Self.Value,
            ToStore = store,
            Incarnation = spec.Incarnation,
            Number = link.Send(Now),
            HeardIncarnation = link.HeardIncarnation,
            HeardNumber = link.HeardNumber,
        };
    }

    private static long SizeOf(RaftEnvelope envelope)
    {
        var size = (long)MessageOverhead;
        if (envelope.Message is RaftMessage.Append append)
            foreach (var entry in append.Entries) size += entry.Data.Length + MessageOverhead;
        return size;
    }

    // Whatever arrives was written by others: nothing in it may stop this actor.
    private void Receive(EncodedRaftBatch encoded)
    {
        _metrics.Received(encoded.Bytes.Length);
        try
        {
            var batch = encoded.Parse();
            if (!IsForUs(batch)) return;
            foreach (var message in batch.Messages)
                Deliver(new RegionId(message.RegionId), new StoreId(batch.FromStore), RaftWire.FromWire(message));
        }
        catch (MalformedMessageException e)
        {
            _metrics.DroppedMalformed();
            _limit.Warning(_log, "malformed", "Dropped a batch of {Bytes} bytes from {Sender}: {Reason}",
                encoded.Bytes.Length, ForeignText.Line($"{Sender.Path}"), e.Message);
        }
    }

    private void Deliver(RegionId region, StoreId from, RaftEnvelope envelope) =>
        _store.Tell(new InboundRaftMessage(region, from, envelope));

    private bool IsForUs(RaftBatch batch)
    {
        if (batch.ClusterId != spec.Cluster || batch.ToStore != spec.Self.Value
            || spec.To(new StoreId(batch.FromStore)) is not { } there || there.Path.Address != Sender.Path.Address)
        {
            _metrics.DroppedStranger();
            _limit.Warning(_log, "stranger",
                "Dropping what store {From} of cluster {Cluster} at {Address} sends to store {To}: "
                + "this is {Self} of cluster {Own}",
                batch.FromStore, batch.ClusterId, ForeignText.Line($"{Sender.Path.Address}"), batch.ToStore,
                spec.Self, spec.Cluster);
            return false;
        }
        // It introduces itself until it is accepted; what it says before does not count.
        if (!_accepted.TryGetValue(batch.FromStore, out var accepted) || accepted != batch.Incarnation)
        {
            _metrics.DroppedUnaccepted();
            return false;
        }
        LinkTo(batch.FromStore).Receive(
            batch.Incarnation, batch.Number, batch.HeardIncarnation, batch.HeardNumber, Now);
        return true;
    }

    /// <summary>What was in the mailbox is collected.</summary>
    private sealed class Flush
    {
        public static Flush Instance { get; } = new();
    }
}
