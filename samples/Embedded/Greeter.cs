using Akka.Actor;

namespace Embedded;

/// <summary>The application has been started for the <paramref name="Number"/>th time.</summary>
internal sealed record Visit(int Number);

/// <summary>An actor of the application's own, in the store's actor system.</summary>
internal sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Visit>(visit => Sender.Tell($"Welcome for the {visit.Number}. time."));
}
