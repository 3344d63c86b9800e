using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Placement;

/// <summary>What a call is for.</summary>
internal enum CallKind
{
    /// <summary>Ids from the log.</summary>
    Ids,

    /// <summary>Leadership, for timestamps.</summary>
    Confirm,

    /// <summary>A window of timestamps from the log.</summary>
    Reserve,
}

/// <summary>To the service: the placement group's answer, or a refusal when there was none in time.</summary>
internal sealed record CallEnded(CallKind Kind, object Answer);

/// <summary>
/// One request of a placement service to its group. An actor of its own, so that an answer that comes after its time
/// cannot be taken for the next one's.
/// </summary>
internal sealed class PlacementCall : UntypedActor
{
    private readonly Func<object, object> _ended;

    public PlacementCall(Func<object, object> ended, RegionRequest request, IActorRef store, TimeSpan timeout)
    {
        _ended = ended;
        store.Tell(request);
        SetReceiveTimeout(timeout);
    }

    /// <summary>What makes the actor.</summary>
    /// <param name="ended">What the parent is told, from the group's answer or a refusal when there was none in time.</param>
    /// <param name="request">The request.</param>
    /// <param name="store">Takes it.</param>
    /// <param name="timeout">How long the group may take.</param>
    public static Props Props(Func<object, object> ended, RegionRequest request, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new PlacementCall(ended, request, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var answer = message is ReceiveTimeout ? new RegionError.NotLeader(RegionId.Placement, null) : message;
        Context.Parent.Tell(_ended(answer));
        Context.Stop(Self);
    }
}
