using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>Counts what an actor system loses: messages without a receiver, and stores that are not spoken to again.</summary>
internal sealed class SystemWatch : UntypedActor
{
    private static readonly Counter<long> DeadLetters = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.dead_letters", "{message}", "Messages that nobody was there for, by their type.");

    private static readonly Counter<long> Quarantines = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.quarantines", "{store}", "Incarnations of other stores that this one does not speak to again.");

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        Context.System.EventStream.Subscribe(Self, typeof(QuarantinedEvent));
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case DeadLetter letter:
                DeadLetters.Add(1, new KeyValuePair<string, object?>("type", letter.Message.GetType().Name));
                break;
            case QuarantinedEvent: Quarantines.Add(1); break;
            default: Unhandled(message); break;
        }
    }
}
