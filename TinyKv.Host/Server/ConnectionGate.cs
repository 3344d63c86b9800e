using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using TinyKv.Actors.Remoting;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Host.Server;

/// <summary>
/// Stands before the HTTP of one port: bounds the connections, in all and from one address, and closes those that do
/// not begin to speak.
/// </summary>
/// <param name="port">What the port is for, for the metric.</param>
/// <param name="bounds">How many there may be.</param>
/// <param name="opening">The bytes after which a connection counts as one that speaks; 0: it never does, so that
/// whoever comes takes the place of the oldest.</param>
/// <param name="patience">How long the opening may take.</param>
internal sealed partial class ConnectionGate(string port, ConnectionBounds bounds, int opening, TimeSpan patience)
{
    private static readonly Counter<long> Refused = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.server.refused_connections", "{connection}",
        "Connections to the gRPC and status ports that were closed, by reason.");

    private readonly ConnectionLedger _ledger = new(bounds);

    /// <summary>Lets connections through to what serves them.</summary>
    /// <param name="next">What serves them; finds the connection's place among its features.</param>
    /// <param name="log">What is closed is said there; it has to bound that.</param>
    public ConnectionDelegate Over(ConnectionDelegate next, ILogger log) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        using var place = _ledger.Enter(address, () => Close(connection, log,
            "others wait that have said nothing, either", Text(bounds.Silent, bounds.SilentPerAddress)));
        if (opening > 0)
        {
            if (!await SpeaksAsync(connection, place, log)) return;
            if (!place.Establish())
            {
                if (place.IsGone) return;
                Close(connection, log, "too many connections", Text(bounds.Established, bounds.EstablishedPerAddress));
                return;
            }
        }
        connection.Features.Set(place);
        await next(connection);
    };

    private async Task<bool> SpeaksAsync(ConnectionContext connection, ConnectionLedger.Place place, ILogger log)
    {
        // The port stops: nobody waits for those that have said nothing.
        var stops = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stops);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
        end.CancelAfter(patience);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(end.Token);
                var speaks = read.Buffer.Length >= opening;
                // Nothing is taken: whoever serves the connection reads it again.
                input.AdvanceTo(read.Buffer.Start, speaks ? read.Buffer.Start : read.Buffer.End);
                if (speaks || read.IsCompleted || read.IsCanceled) return speaks;
            }
        }
        catch (OperationCanceledException)
        {
            if (!place.IsGone && !gone.IsCancellationRequested)
                Close(connection, log, "no HTTP/2 in time", $"{patience.TotalSeconds} s");
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private void Close(ConnectionContext connection, ILogger log, string why, string bound)
    {
        Refused.Add(1, new("port", port), new KeyValuePair<string, object?>("reason", why));
        LogClosed(log, connection.RemoteEndPoint, port, why, bound);
        connection.Abort();
    }

    private static string Text(int most, int mostPerAddress) => $"{most} in all, {mostPerAddress} from one address";

    [LoggerMessage(LogLevel.Warning,
        "Closed a connection from {Address} to the {Port} port: {Reason} (the bound is {Bound})")]
    private static partial void LogClosed(ILogger log, EndPoint? address, string port, string reason, string bound);
}
