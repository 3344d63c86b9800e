using Akka.Actor;

namespace TinyKv.Actors.Messages;

/// <summary>
/// Somebody of this process who waits for an answer without being an actor, and without the path and the registration that
/// Akka's <c>Ask</c> needs because its requests may leave the process.
/// </summary>
/// <param name="provider">The actor system's.</param>
internal abstract class LocalAsker(IActorRefProvider provider) : MinimalActorRef
{
    private static readonly ActorPath Everywhere = new RootActorPath(Address.AllSystems, "reply");

    /// <inheritdoc/>
    public override ActorPath Path => Everywhere;

    /// <inheritdoc/>
    public override IActorRefProvider Provider => provider;
}
