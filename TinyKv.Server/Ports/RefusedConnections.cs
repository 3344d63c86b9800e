using System.Diagnostics.Metrics;
using System.Net;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Server.Ports;

/// <summary>Connections to one port that are closed before they are served: counted and logged.</summary>
/// <param name="port">What the port is for.</param>
/// <param name="log">It has to bound what is said there.</param>
internal sealed partial class RefusedConnections(string port, ILogger log)
{
    private static readonly Counter<long> Refused = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.server.refused_connections", "{connection}",
        "Connections to the gRPC and status ports that were closed, by reason.");

    /// <summary>One that has said nothing has to make room.</summary>
    public void MakesRoom(EndPoint? address, ConnectionBounds bounds) => Add(address,
        "others wait that have said nothing, either", Text(bounds.Silent, bounds.SilentPerAddress));

    /// <summary>There are as many that have spoken as there may be.</summary>
    public void TooMany(EndPoint? address, ConnectionBounds bounds) => Add(address,
        "too many connections", Text(bounds.Established, bounds.EstablishedPerAddress));

    /// <summary>One did not say in time what it wants.</summary>
    public void TooSlow(EndPoint? address, string protocol, TimeSpan timeout) =>
        Add(address, $"no {protocol} in time", $"{timeout.TotalSeconds} s");

    private void Add(EndPoint? address, string why, string bound)
    {
        Refused.Add(1, new("port", port), new KeyValuePair<string, object?>("reason", why));
        LogClosed(log, address, port, why, bound);
    }

    private static string Text(int max, int maxPerAddress) => $"{max} in all, {maxPerAddress} from one address";

    [LoggerMessage(LogLevel.Warning,
        "Closed a connection from {Address} to the {Port} port: {Reason} (the bound is {Bound})")]
    private static partial void LogClosed(ILogger log, EndPoint? address, string port, string reason, string bound);
}
