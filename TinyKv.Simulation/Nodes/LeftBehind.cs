using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Messages;

namespace TinyKv.Simulation.Nodes;

/// <summary>Hears of messages whose actor has stopped. What it hears takes no turn.</summary>
internal sealed class LeftBehind(World world, IActorRefProvider provider) : LocalAsker(provider)
{
    /// <inheritdoc/>
    protected override void TellInternal(object message, IActorRef sender) =>
        world.Marks.HitIf(message is DeadLetter { Message: RegionBatch }, NodeMark.BatchLeftBehind);
}
