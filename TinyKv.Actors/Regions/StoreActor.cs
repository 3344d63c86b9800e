using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>The cluster is formed: there may be replicas from now on. Whoever says so is told which were created.</summary>
internal sealed record Begin
{
    public static Begin Instance { get; } = new();
}

/// <summary>
/// The regions of this store: creates their subtrees, once the cluster is formed, and hands them what is meant for them.
/// </summary>
internal sealed class StoreActor : UntypedActor
{
    /// <summary>The actor's name: it is at <c>/user/store</c>.</summary>
    public const string Name = "store";

    private readonly IReadOnlyList<RegionSpec> _specs;
    private readonly RegionTable _table;
    private ImmutableSortedDictionary<ulong, ReplicaRef> _regions = ImmutableSortedDictionary<ulong, ReplicaRef>.Empty;
    private IActorRef _introducer = ActorRefs.Nobody;

    public StoreActor(IReadOnlyList<RegionSpec> regions, RegionTable table)
    {
        (_specs, _table) = (regions, table);
        // A peer that stops leaves behind what is in its mailbox.
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(IReadOnlyList<RegionSpec> regions, RegionTable table) =>
        Akka.Actor.Props.Create(() => new StoreActor(regions, table));

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
            case Begin when _regions.IsEmpty: Create(); break;
            case RegionCreated or DataLost: _introducer.Tell(message); break;
            case InboundRaftMessage inbound:
                if (_regions.TryGetValue(inbound.Region.Value, out var region)) region.Actor.Tell(inbound);
                break;
            // Nobody has seen it, so nothing was done.
            case DeadLetter { Message: RegionRequest request } lost:
                lost.Sender.Tell(new RegionError.NotLeader(request.Region, null));
                break;
            case DeadLetter: break;
            case ListReplicas: Sender.Tell(new ReplicaRefs([.. _regions.Values])); break;
            case Terminated stopped:
                StoreFailed.Publish(Context.System, $"{stopped.ActorRef.Path.Name} has stopped");
                break;
            default: Unhandled(message); break;
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
        _introducer = Sender;
        _regions = _specs.ToImmutableSortedDictionary(
            spec => spec.Initial.Id.Value,
            spec => new ReplicaRef(spec.Initial, spec.Self,
                Context.ActorOf(RegionActor.Props(spec, _table).WithDispatcher(Context.Props.Dispatcher),
                    $"region-{spec.Initial.Id.Value}")));
        foreach (var region in _regions.Values) Context.Watch(region.Actor);
    }

    private void Route(RegionRequest request)
    {
        if (_regions.TryGetValue(request.Region.Value, out var region)) region.Actor.Forward(request);
        else if (_regions.IsEmpty) Sender.Tell(new RegionError.NotLeader(request.Region, null));
        else Sender.Tell(new RegionError.RegionNotFound(request.Region));
    }
}
