using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Server.StatusPages;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server.StatusPages;

/// <summary>How long the listener of the status port waits for somebody to say what he wants.</summary>
public sealed class StatusListenerTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Half_a_request_has_the_time_that_it_may_take_and_is_closed_and_logged_then()
    {
        var log = new Lines();
        await using var listener = await new StatusListener.Factory(
            new ConnectionBounds(8, 8, 8, 8), Bound, () => (200, "live\n"), log).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var connection = new TcpClient(AddressFamily.InterNetwork);
        var started = Stopwatch.GetTimestamp();
        await connection.ConnectAsync((IPEndPoint)listener.EndPoint, Timeouts.Long);
        var from = connection.Client.LocalEndPoint;

        var received = await SendAsync(connection, "GET /health/live HTTP/1.1\r\n"u8.ToArray());

        Assert.Equal(0, received);
        Assert.True(Stopwatch.GetElapsedTime(started) >= Bound, "closed too early");
        Assert.Equal([$"Closed a connection from {from} to the status port: no request in time (the bound is 0.1 s)"],
            log.Written);
    }

    // How much is answered before the connection is closed.
    private static async Task<int> SendAsync(TcpClient connection, byte[] request)
    {
        try
        {
            await connection.GetStream().WriteAsync(request, Timeouts.Long);
            return await connection.GetStream().ReadAsync(new byte[64], Timeouts.Long);
        }
        catch (IOException)
        {
            // A socket that is closed over unread bytes resets the connection.
            return 0;
        }
    }

    private sealed class Lines : ILogger<StatusListener>
    {
        public ConcurrentQueue<string> Written { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Written.Enqueue(formatter(state, exception));
    }
}
