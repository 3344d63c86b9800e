using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Server.Ports;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server.Ports;

/// <summary>What is said of connections that are closed before they are served, over pipes.</summary>
public sealed class ConnectionGateLogTests : ILogger
{
    private readonly List<string> _lines = [];
    private readonly ConnectionGate _gate = Gate(Timeout.InfiniteTimeSpan);

    [Fact]
    public async Task One_that_makes_room_is_logged_once_with_its_address_and_the_bound()
    {
        var first = RunAsync(_gate, new Wire());
        var second = new Wire();
        var next = RunAsync(_gate, second);
        await first.WaitAsync(Timeouts.Long);
        second.HangUp();
        await next.WaitAsync(Timeouts.Long);
        Assert.Equal(["Closed a connection from 10.0.0.1:5 to the grpc port: others wait that have said nothing, either "
            + "(the bound is 1 in all, 1 from one address)"], _lines);
    }

    [Fact]
    public async Task One_that_does_not_begin_to_speak_is_logged()
    {
        await RunAsync(Gate(TimeSpan.FromMilliseconds(1)), new Wire()).WaitAsync(Timeouts.Long);
        Assert.Equal(
            ["Closed a connection from 10.0.0.1:5 to the grpc port: no HTTP/2 in time (the bound is 0.001 s)"], _lines);
    }

    [Fact]
    public async Task One_that_hangs_up_by_itself_is_not_logged()
    {
        var wire = new Wire();
        var run = RunAsync(_gate, wire);
        wire.HangUp();
        await run.WaitAsync(Timeouts.Long);
        Assert.Empty(_lines);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_those_that_have_said_nothing()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync(_gate, new Wire(), new Stop { ConnectionClosedRequested = stop.Token });
        Assert.False(run.IsCompleted);
        await stop.CancelAsync();
        await run.WaitAsync(Timeouts.Long);
        Assert.Empty(_lines);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) => _lines.Add(formatter(state, exception));

    private static ConnectionGate Gate(TimeSpan timeout) => new("grpc", new ConnectionBounds(1, 1, 1, 1), 24, timeout);

    private async Task RunAsync(ConnectionGate gate, Wire wire, Stop? stop = null)
    {
        // Not disposed: Abort cancels on another thread, which would end the process then (dotnet/aspnetcore#57098).
        var connection = new DefaultConnectionContext("1", wire, wire)
        {
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse("10.0.0.1"), 5),
        };
        if (stop is not null) connection.Features.Set<IConnectionLifetimeNotificationFeature>(stop);
        await gate.Over(_ => Task.CompletedTask, this)(connection);
    }

    private sealed class Wire : IDuplexPipe
    {
        private readonly Pipe _pipe = new();

        public PipeReader Input => _pipe.Reader;

        public PipeWriter Output => _pipe.Writer;

        public void HangUp() => _pipe.Writer.Complete();
    }

    private sealed class Stop : IConnectionLifetimeNotificationFeature
    {
        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() { }
    }
}
