using Akka.Actor;
using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Placement;

/// <summary>What a turn of the desk was for.</summary>
internal enum TurnKind
{
    /// <summary>Ids from the log.</summary>
    Ids,

    /// <summary>Leadership, for timestamps.</summary>
    Confirm,

    /// <summary>A window of timestamps from the log.</summary>
    Reserve,
}

/// <summary>To the desk: the placement group's answer, or a refusal when there was none in time.</summary>
internal sealed record TurnEnded(TurnKind Kind, object Answer);

/// <summary>
/// One request of the desk to the placement group. An actor of its own, so that an answer that comes after its time
/// cannot be taken for the next one's.
/// </summary>
internal sealed class PlacementTurn : UntypedActor
{
    private readonly TurnKind _kind;

    public PlacementTurn(TurnKind kind, RegionRequest request, IActorRef store, TimeSpan timeout)
    {
        _kind = kind;
        store.Tell(request);
        SetReceiveTimeout(timeout);
    }

    /// <summary>What makes the actor.</summary>
    public static Props Props(TurnKind kind, RegionRequest request, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new PlacementTurn(kind, request, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var answer = message is ReceiveTimeout ? new RegionError.NotLeader(RegionId.Placement, null) : message;
        Context.Parent.Tell(new TurnEnded(_kind, answer));
        Context.Stop(Self);
    }
}
