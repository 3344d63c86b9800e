using System.Collections.Immutable;
using Akka.Actor;
using TinyKv.Actors.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>The regions of this store: creates their subtrees and hands them what is meant for them.</summary>
internal sealed class StoreActor : UntypedActor
{
    /// <summary>The actor's name: it is at <c>/user/store</c>.</summary>
    public const string Name = "store";

    private readonly ImmutableSortedDictionary<ulong, IActorRef> _regions;

    public StoreActor(IReadOnlyList<RegionSpec> regions, ReplicaBoard board)
    {
        _regions = regions.ToImmutableSortedDictionary(
            spec => spec.Initial.Id.Value,
            spec => Context.ActorOf(RegionActor.Props(spec, board), $"region-{spec.Initial.Id.Value}"));
        foreach (var region in _regions.Values) Context.Watch(region);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(IReadOnlyList<RegionSpec> regions, ReplicaBoard board) =>
        Akka.Actor.Props.Create(() => new StoreActor(regions, board));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => Akka.Actor.SupervisorStrategy.StoppingStrategy;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RegionRequest request: Route(request); break;
            case PeerMail mail:
                if (_regions.TryGetValue(mail.Region.Value, out var region)) region.Tell(mail.Envelope);
                break;
            case ListReplicas: Sender.Tell(new ReplicaRefs([.. _regions.Values])); break;
            case Terminated stopped:
                Context.System.EventStream.Publish(new StoreFailed($"{stopped.ActorRef.Path.Name} has stopped"));
                break;
            default: Unhandled(message); break;
        }
    }

    private void Route(RegionRequest request)
    {
        if (_regions.TryGetValue(request.Region.Value, out var region)) region.Forward(request);
        else Sender.Tell(new RegionError.RegionNotFound(request.Region));
    }
}
