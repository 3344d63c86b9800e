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
/// One request of the placement service to its group. An actor of its own, so that an answer that comes after its time
/// cannot be taken for the next one's.
/// </summary>
internal sealed class PlacementCall : UntypedActor
{
    private readonly CallKind _kind;

    public PlacementCall(CallKind kind, RegionRequest request, IActorRef store, TimeSpan timeout)
    {
        _kind = kind;
        store.Tell(request);
        SetReceiveTimeout(timeout);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(CallKind kind, RegionRequest request, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new PlacementCall(kind, request, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var answer = message is ReceiveTimeout ? new RegionError.NotLeader(RegionId.Placement, null) : message;
        Context.Parent.Tell(new CallEnded(_kind, answer));
        Context.Stop(Self);
    }
}
