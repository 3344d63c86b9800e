using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence.Engine;

namespace TinyKv.Actors.Regions;

/// <summary>The cluster is formed: there may be replicas from now on. Whoever says so is told when all were created.</summary>
internal sealed record Begin
{
    public static Begin Instance { get; } = new();
}

/// <summary>
/// The regions of this store, as its engine says: creates their subtrees, once the cluster is formed, and hands them what is
/// meant for them.
/// </summary>
internal sealed partial class StoreActor : UntypedActor, IWithTimers
{
    /// <summary>The actor's name: it is at <c>/user/store</c>.</summary>
    public const string Name = "store";

    private readonly StoreSpec _spec;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly HashSet<RegionId> _unborn = []; // the regions whose journals are still to be made
    private ImmutableSortedDictionary<ulong, ReplicaRef> _replicas = ImmutableSortedDictionary<ulong, ReplicaRef>.Empty;
    private StoreCatalog _catalog = StoreCatalog.Empty;
    private IActorRef _introducer = ActorRefs.Nobody;
    private bool _begun;

    public StoreActor(StoreSpec spec)
    {
        _spec = spec;
        // A peer that stops leaves behind what is in its mailbox.
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(StoreSpec spec) => Akka.Actor.Props.Create(() => new StoreActor(spec));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(reason =>
    {
        StoreFailed.Publish(Context.System, $"{Sender.Path.Name} has failed", reason);
        return Directive.Stop;
    });

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RegionRequest request: Route(request); break;
            case RegionBatch batch: Route(batch); break;
            case Begin when !_begun: Create(); break;
            case RegionCreated created: Note(created.Region); break;
            case DataLost: _introducer.Tell(message); break;
            case InboundRaftMessage inbound: Deliver(inbound); break;
            case StoreDisconnected:
                foreach (var each in _replicas.Values) each.Actor.Tell(message);
                break;
            // Nobody has seen it, so nothing was done.
            case DeadLetter { Message: RegionRequest request } lost:
                lost.Sender.Tell(new RegionError.NotLeader(request.Region, null));
                break;
            case DeadLetter { Message: RegionBatch lost }:
                lost.Refuse(_ => new RegionError.NotLeader(lost.Region, null));
                break;
            case DeadLetter: break;
            case ListReplicas: Sender.Tell(new ReplicaRefs([.. _replicas.Values])); break;
            case RegionChanged { Child: { } child } changed: Split(changed.Record, child); break;
            case RegionChanged changed: Change(changed.Record); break;
            case SplitOffReady ready: DeliverPolls(ready.Region); break;
            case JournalErased erased: Erased(erased.Record); break;
            case EraserEnded ended: TryAgain(ended.Region); break;
            case EraseAgain again: Erase(again.Record); break;
            case Terminated stopped: Ended(stopped.ActorRef); break;
            default: Snapshots(message); break;
        }
    }

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        StoreFailed.Publish(Context.System, "the regions have failed", reason);
        base.PreRestart(reason, message);
    }

    private void Create()
    {
        (_introducer, _begun) = (Sender, true);
        if (_spec.IsNew) MetaRecords.Create(_spec.Engine, _spec.Records);
        _catalog = StoreCatalog.Of(_spec.Records);
        var begun = ImmutableSortedDictionary.CreateBuilder<ulong, ReplicaRef>();
        foreach (var record in _catalog.Records)
        {
            if (record is { State: RegionState.Tombstone, JournalBorn: true })
            {
                _removed[record.Region.Id] = record;
                Erase(record);
            }
            if (record.State != RegionState.Normal) continue;
            if (!record.JournalBorn) _unborn.Add(record.Region.Id);
            if (_spec.Replica(record) is { } replica) begun[record.Region.Id.Value] = Start(replica);
        }
        _replicas = begun.ToImmutable();
        TellWhenAllAreBorn();
    }

    private void Add(RegionSpec spec)
    {
        var region = spec.Record.Region.Id;
        if (!spec.Record.JournalBorn) _unborn.Add(region);
        _replicas = _replicas.Add(region.Value, Start(spec));
    }

    private ReplicaRef Start(RegionSpec spec)
    {
        var region = spec.Record.Region;
        var actor = Context.ActorOf(
            RegionActor.Props(spec, _spec.Table).WithDispatcher(Context.Props.Dispatcher), $"region-{region.Id.Value}");
        Context.Watch(actor);
        return new ReplicaRef(region, spec.Self, actor);
    }

    private void Note(RegionId created)
    {
        // A replica that has been removed since has nothing to note.
        if (_catalog.Find(created) is { State: RegionState.Normal } record)
            _catalog = _catalog.With(record with { JournalBorn = true });
        _unborn.Remove(created);
        TellWhenAllAreBorn();
    }

    // From then on a journal that is empty has lost something, even if the engine has forgotten that there was one.
    private void TellWhenAllAreBorn()
    {
        if (_unborn.Count == 0) _introducer.Tell(Bootstrapped.Instance);
    }

    private void Route(RegionRequest request)
    {
        if (ReplicaOf(request.Region) is { } replica) replica.Forward(request);
        else Sender.Tell(NotHere(request.Region));
    }

    private void Route(RegionBatch batch)
    {
        if (ReplicaOf(batch.Region) is { } replica) replica.Tell(batch);
        else batch.Refuse(request => NotHere(request.Region));
    }

    private IActorRef? ReplicaOf(RegionId region) => _replicas.GetValueOrDefault(region.Value)?.Actor;

    private RegionError NotHere(RegionId region) =>
        _begun ? new RegionError.RegionNotFound(region) : new RegionError.NotLeader(region, null);
}

/// <summary>What a store's regions are made from.</summary>
internal sealed record StoreSpec
{
    /// <summary>Has the records of the regions.</summary>
    public required IEngine Engine { get; init; }

    /// <summary>What it says, or is to say if the store is new.</summary>
    public required IReadOnlyList<RegionRecord> Records { get; init; }

    /// <summary>Whether the engine has none of the records yet.</summary>
    public required bool IsNew { get; init; }

    /// <summary>What a replica is made from; null: nothing takes part in its group here.</summary>
    public required Func<RegionRecord, RegionSpec?> Replica { get; init; }

    /// <summary>What erases the journal of a replica that was removed; tells <see cref="JournalErased"/>.</summary>
    public required Func<RegionRecord, Props> Eraser { get; init; }

    /// <summary>The way to the other stores; takes <see cref="OutboundRaftMessage"/>.</summary>
    public required IActorRef Transport { get; init; }

    /// <summary>Where the replicas say who leads.</summary>
    public required RegionTable Table { get; init; }
}
