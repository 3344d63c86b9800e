using System.Net;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;
using TinyKv.Core.Regions;
using TinyKv.Protocol;
using TinyKv.Protocol.Wire.Internal;

namespace TinyKv.Actors.Transport.Links;

/// <summary>Logs and counts what becomes of connections between stores, within limits: others decide how often. For any
/// number of threads.</summary>
/// <param name="log">Where to.</param>
/// <param name="clock">The time, for the limits.</param>
/// <param name="metrics">Count.</param>
/// <param name="raftPort">Where a store is connected to; null: nobody knows.</param>
internal sealed class LinkReport(
    ILoggingAdapter log, ITimeProvider clock, TransportMetrics metrics, Func<StoreId, string?> raftPort)
{
    private readonly LogLimit _limit = new(clock);
    private readonly LogLimit _rarely = new(clock, linesPerMinute: 1);

    /// <summary>A batch was lost: there is no connection, or it takes no more.</summary>
    public void Unsent() => metrics.Unsent();

    /// <summary>A connection to a store can be used.</summary>
    public void Connected(StoreId store) => log.Debug("Connected to {Store}", store);

    /// <summary>A connection to a store has ended, or none could be made. For a moment that is nothing special.</summary>
    public void Ended(StoreId store, string why) => log.Debug("No connection to {Store}: {Reason}", store, why);

    /// <summary>No connection to a store has lasted, for so long; once a minute.</summary>
    public void Missing(StoreId store, TimeSpan time, string why) => _rarely.Warning(log, $"no connection to {store}",
        "No connection to {Store} at {Address}, its Raft port, has lasted for {Seconds} s: {Reason}",
        store, raftPort(store) ?? "an unknown address", (long)time.TotalSeconds, why);

    /// <summary>What nobody expects has happened to a connection.</summary>
    public void Failed(string which, Exception why) =>
        _limit.Warning(log, "failed", "{Connection} has failed: {Reason}", which, $"{why.GetType().Name}: {why.Message}");

    /// <summary>Somebody was refused. Honest stores are, too, until they know each other's last start.</summary>
    public void RefusedHello(LinkHello hello, IPEndPoint from, string why)
    {
        metrics.RefusedLink();
        _limit.Info(log, "refused", "Refused a connection from {Address} to the Raft port, as of store {Store}: {Reason}",
            from, hello.FromStore, why);
    }

    /// <summary>Somebody says what cannot be read; null when he has not said who he is.</summary>
    public void Malformed(StoreId? store, IPEndPoint from, MalformedMessageException why)
    {
        metrics.RefusedLink();
        _limit.Warning(log, "malformed", "Closed a connection from {Address} to the Raft port, of {Store}: {Reason}",
            from, Text(store), ForeignText.Line(why.Message));
    }

    /// <summary>A connection of a store has ended; null when it has not said whose it is.</summary>
    public void Lost(StoreId? store, IPEndPoint from, Exception why) =>
        log.Debug("Lost a connection from {Address}, of {Store}: {Reason}", from, Text(store), why.Message);

    /// <summary>A connection could not be taken.</summary>
    public void NotTaken(Exception why) =>
        _limit.Warning(log, "not taken", "Connections to the Raft port are not taken: {Reason}", why.Message);

    private static string Text(StoreId? store) => store is { } known ? $"{known}" : "nobody known";
}
