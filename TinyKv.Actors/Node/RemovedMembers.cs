using Akka.Actor;
using Akka.Cluster;
using TinyKv.Actors.Transport;

namespace TinyKv.Actors.Node;

/// <summary>
/// Lets Akka.Cluster forget stores that were removed and are gone. It takes nobody for gone by itself, and lets no other member
/// in for as long as one is out of reach.
/// </summary>
/// <param name="isRemoved">Whether a store was removed from an address, where no other is now.</param>
internal sealed class RemovedMembers(Func<Address, bool> isRemoved) : UntypedActor
{
    /// <summary>The actor's name.</summary>
    public const string Name = "removed-members";

    private readonly Cluster _cluster = Cluster.Get(Context.System);

    /// <summary>What makes the actor.</summary>
    public static Props Props(Func<Address, bool> isRemoved) =>
        Akka.Actor.Props.Create(() => new RemovedMembers(isRemoved));

    /// <inheritdoc/>
    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.UnreachableMember));

    /// <inheritdoc/>
    protected override void PostStop() => _cluster.Unsubscribe(Self);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.UnreachableMember unreachable: Consider(unreachable.Member); break;
            case StoresChanged:
                foreach (var member in _cluster.State.Unreachable) Consider(member);
                break;
            default: Unhandled(message); break;
        }
    }

    private void Consider(Member member)
    {
        if (isRemoved(member.Address)) _cluster.Down(member.Address);
    }
}
