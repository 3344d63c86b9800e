using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Connections;
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
internal sealed class ConnectionGate(string port, ConnectionBounds bounds, int opening, TimeSpan patience)
{
    private static readonly Counter<long> Refused = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.server.refused_connections", "{connection}",
        "Connections to the gRPC and status ports that were closed, by reason.");

    private readonly ConnectionLedger _ledger = new(bounds);

    /// <summary>Lets connections through to what serves them.</summary>
    public ConnectionDelegate Over(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        using var place = _ledger.Enter(address, () => Close(connection, "others wait that have said nothing, either"));
        if (opening > 0 && !await SpeaksAsync(connection)) Close(connection, "no HTTP/2 in time");
        else if (opening > 0 && !place.Establish()) Close(connection, "too many connections");
        else await next(connection);
    };

    private async Task<bool> SpeaksAsync(ConnectionContext connection)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
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
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private void Close(ConnectionContext connection, string why)
    {
        Refused.Add(1, new("port", port), new KeyValuePair<string, object?>("reason", why));
        connection.Abort();
    }
}
