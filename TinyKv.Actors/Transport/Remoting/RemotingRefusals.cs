using System.Diagnostics.Metrics;
using System.Net;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Transport.Remoting;

/// <summary>Counts and logs what the remoting port does not take. The kinds come from the code, not from those who
/// connect.</summary>
internal sealed class RemotingRefusals(ILoggingAdapter log, LogLimit limit)
{
    private static readonly Counter<long> Connections = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.remoting.refused_connections", "{connection}", "Connections to the remoting port that were closed, by reason.");

    private static readonly Counter<long> Messages = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.remoting.refused_messages", "{message}", "Messages to the remoting port that were dropped, by reason.");

    /// <summary>For what Akka says itself.</summary>
    public ILoggingAdapter Log => log;

    /// <summary>A connection is closed.</summary>
    public void Connection(EndPoint? from, string why)
    {
        Connections.Add(1, new KeyValuePair<string, object?>("reason", why));
        limit.Warning(log, why, "Closed a connection from {Address} to the remoting port: {Reason}", Text(from), why);
    }

    /// <summary>A message is dropped.</summary>
    public void Message(EndPoint? from, string what)
    {
        Messages.Add(1, new KeyValuePair<string, object?>("reason", what));
        limit.Warning(log, what, "Dropped what {Address} sent to the remoting port: {Reason}", Text(from), what);
    }

    /// <summary>A store could not be asked for its incarnation.</summary>
    public void NotConfirmed(Address store, Exception cause) => limit.Warning(
        log, "not confirmed", "Could not ask {Store} whether it is the one that connects: {Reason}", store, cause.Message);

    private static string Text(EndPoint? from) => from?.ToString() ?? "somewhere";
}
