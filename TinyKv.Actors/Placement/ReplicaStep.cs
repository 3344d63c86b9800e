using Akka.Actor;
using TinyKv.Actors.Transport;
using TinyKv.Core.Placement.Checkers;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using Wire = TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Placement;

/// <summary>
/// One step towards where a region is meant to be: asks its leader, with a new number for a new replica. Whatever the answer is,
/// the next step is decided anew. An actor of its own, so that a late answer is taken for no other.
/// </summary>
internal sealed class ReplicaStep : UntypedActor
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly ReplicaOperator _operator;
    private readonly StoreServices _services;
    private readonly IActorRef _ids;

    public ReplicaStep(ReplicaOperator next, StoreServices services, IActorRef ids)
    {
        (_operator, _services, _ids) = (next, services, ids);
        SetReceiveTimeout(Limit);
        Ask(number: 0);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(ReplicaOperator next, StoreServices services, IActorRef ids) =>
        Akka.Actor.Props.Create(() => new ReplicaStep(next, services, ids));

    private RegionId Region => _operator.Region.Region.Id;

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Wire.RegionReply { NeedsNumber: true }: _ids.Tell(new Wire.PlacementAllocateId()); break;
            case Wire.PlacementReply { Error: "" } reply: Ask(reply.Id); break;
            default:
                Context.Parent.Tell(new Ended(Region));
                Context.Stop(Self);
                break;
        }
    }

    private void Ask(ulong number) => _services.On(_operator.Region.Leader)?.Tell(new Wire.RegionMembers
    {
        RegionId = Region.Value,
        StoreId = _operator.Goal.Store.Value,
        HasPeer = _operator.Goal is MemberGoal.Voter,
        NewPeer = number,
        IfConfVer = _operator.Region.Region.Epoch.ConfVer,
    });

    /// <summary>To the parent: the step is made, or is not.</summary>
    public sealed record Ended(RegionId Region);
}
