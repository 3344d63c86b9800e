using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Regions;

/// <summary>
/// One request of a service to a region. An actor of its own, so that an answer that comes after its time cannot be taken for
/// the next one's.
/// </summary>
internal sealed class RegionCall : UntypedActor
{
    private readonly Func<object, object> _ended;
    private readonly RegionId _region;

    public RegionCall(Func<object, object> ended, RegionRequest request, IActorRef store, TimeSpan timeout)
    {
        (_ended, _region) = (ended, request.Region);
        store.Tell(request);
        SetReceiveTimeout(timeout);
    }

    /// <summary>What makes the actor.</summary>
    /// <param name="ended">What the parent is told, from the region's answer or a refusal when there was none in time.</param>
    /// <param name="request">The request.</param>
    /// <param name="store">Takes it.</param>
    /// <param name="timeout">How long the region may take.</param>
    public static Props Props(Func<object, object> ended, RegionRequest request, IActorRef store, TimeSpan timeout) =>
        Akka.Actor.Props.Create(() => new RegionCall(ended, request, store, timeout));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        var answer = message is ReceiveTimeout ? new RegionError.NotLeader(_region, null) : message;
        Context.Parent.Tell(_ended(answer));
        Context.Stop(Self);
    }
}
