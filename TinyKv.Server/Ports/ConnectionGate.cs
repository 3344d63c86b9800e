using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using TinyKv.Actors.Transport.Remoting;

namespace TinyKv.Server.Ports;

/// <summary>
/// Stands before the HTTP of one port: bounds the connections, in all and from one address, and closes those that do
/// not begin to speak.
/// </summary>
/// <param name="port">What the port is for, for the metric.</param>
/// <param name="bounds">How many there may be.</param>
/// <param name="opening">The bytes after which a connection counts as one that speaks.</param>
/// <param name="timeout">How long the opening may take.</param>
internal sealed class ConnectionGate(string port, ConnectionBounds bounds, int opening, TimeSpan timeout)
{
    private readonly ConnectionLedger _ledger = new(bounds);

    /// <summary>Lets connections through to what serves them.</summary>
    /// <param name="next">What serves them.</param>
    /// <param name="log">What is closed is said there; it has to bound that.</param>
    public ConnectionDelegate Over(ConnectionDelegate next, ILogger log)
    {
        var refused = new RefusedConnections(port, log);
        return connection => PassAsync(connection, next, refused);
    }

    private async Task PassAsync(ConnectionContext connection, ConnectionDelegate next, RefusedConnections refused)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        using var place = _ledger.Enter(address, () =>
        {
            refused.MakesRoom(connection.RemoteEndPoint, bounds);
            connection.Abort();
        });
        if (!await SpeaksAsync(connection, place, refused)) return;
        if (place.Establish())
        {
            await next(connection);
        }
        else if (!place.IsGone)
        {
            refused.TooMany(connection.RemoteEndPoint, bounds);
            connection.Abort();
        }
    }

    private async Task<bool> SpeaksAsync(
        ConnectionContext connection, ConnectionLedger.Place place, RefusedConnections refused)
    {
        // The port stops: nobody waits for those that have said nothing.
        var stops = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, stops);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone.Token);
        end.CancelAfter(timeout);
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
            if (place.IsGone || gone.IsCancellationRequested) return false;
            refused.TooSlow(connection.RemoteEndPoint, "HTTP/2", timeout);
            connection.Abort();
            return false;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
