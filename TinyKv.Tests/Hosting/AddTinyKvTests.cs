using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Requests;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Hosting;
using TinyKv.Persistence;
using TinyKv.Server.Exit;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Hosting;

[Trait("lane", "slow")]
public sealed class AddTinyKvTests : IDisposable
{
    private static readonly byte[] Key = [1];

    private readonly TemporaryDirectory _directory = new();
    private readonly StoreAddress _address = StoreAddress.Free(1)[0];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_application_finds_again_what_it_wrote_before_it_was_restarted()
    {
        using (var first = await StartAsync())
        {
            await first.Services.GetRequiredService<IRawClient>().PutAsync(Key, Key, cancellation: Timeouts.Long);
            await first.StopAsync(Timeouts.Long);
        }

        using var second = await StartAsync();

        Assert.Equal(Key, await second.Services.GetRequiredService<IRawClient>().GetAsync(Key, cancellation: Timeouts.Long));
        await second.StopAsync(Timeouts.Long);
    }

    [Fact]
    public async Task An_application_joins_the_cluster_of_another()
    {
        using var first = await StartAsync();
        await first.Services.GetRequiredService<IRawClient>().PutAsync(Key, Key, cancellation: Timeouts.Long);

        using var second = await StartAsync(Join);

        Assert.Equal(1000UL, second.Services.GetRequiredService<StoreNode>().Settings.StoreId.Value);
        Assert.Equal(Key, await second.Services.GetRequiredService<IRawClient>().GetAsync(Key, cancellation: Timeouts.Long));
        await second.StopAsync(Timeouts.Long);
        await first.StopAsync(Timeouts.Long);
    }

    private void Join(TinyKvOptions options)
    {
        var own = StoreAddress.Free(1)[0];
        (options.ClusterName, options.StoreId, options.DataDirectory) = ("", 0, _directory["second"]);
        options.Stores.Clear();
        options.Join.Add($"127.0.0.1:{_address.GrpcPort}");
        options.Hocon += $$"""

            tinykv.store {
              grpc-port = {{own.GrpcPort}}, status-port = {{own.StatusPort}}
              remoting-port = {{own.RemotingPort}}, raft-port = {{own.RaftPort}}
            }
            """;
    }

    [Fact]
    public async Task A_host_may_be_stopped_twice()
    {
        using var application = await StartAsync();
        await application.StopAsync(Timeouts.Long);

        await application.StopAsync(Timeouts.Long);

        Assert.True(application.Services.GetRequiredService<StoreNode>().Terminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_doors_to_the_store_are_those_of_one_node()
    {
        using var application = await StartAsync();
        var node = application.Services.GetRequiredService<StoreNode>();

        Assert.Same(node.Storage, application.Services.GetRequiredService<IStorage>());
        Assert.Same(node.Placement, application.Services.GetRequiredService<IPlacement>());
        Assert.Same(node.System, application.Services.GetRequiredService<ActorSystem>());
        await application.StopAsync(Timeouts.Long);
        Assert.True(node.Terminated.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Actors_of_the_application_live_in_the_stores_actor_system()
    {
        using var application = await StartAsync(akka: (builder, _) => builder.WithActors((system, registry) =>
            registry.Register<Echo>(system.ActorOf(Props.Create<Echo>(), "echo"))));
        var echo = application.Services.GetRequiredService<IRequiredActor<Echo>>().ActorRef;

        Assert.Equal("hello", await echo.Ask<string>("hello", Timeouts.Long));
        Assert.Equal("akka://tinykv/user/echo", echo.Path.ToString());
        await application.StopAsync(Timeouts.Long);
    }

    [Fact]
    public async Task A_store_is_ready_when_it_can_serve_and_live_until_it_ends()
    {
        using var application = await StartAsync();
        var health = application.Services.GetRequiredService<HealthCheckService>();
        var node = application.Services.GetRequiredService<StoreNode>();
        await Eventually.Async(async () => (await health.CheckHealthAsync()).Status == HealthStatus.Healthy ? "" : null);

        node.System.EventStream.Publish(new JournalFailed("in memory", new IOException("no space left")));

        // The application stops with its store.
        await application.WaitForShutdownAsync(Timeouts.Long);
        Assert.Equal(ExitCode.Fatal, Environment.ExitCode);
        Environment.ExitCode = ExitCode.Success; // this process continues
        var report = new StoreLiveCheck(node).CheckHealthAsync(new HealthCheckContext());
        Assert.Contains("no space left", (await report).Description, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Unhealthy, (await new StoreReadyCheck(node).CheckHealthAsync(new HealthCheckContext())).Status);
    }

    [Fact]
    public async Task An_application_whose_store_hangs_after_its_failure_is_ended_with_70()
    {
        var ends = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        Func<bool>? isClosed = null;
        using var disk = new ManualResetEventSlim();
        using (var application = await StartAsync(
            change: options => options.Hocon += "\ntinykv.server.shutdown-timeout = 1s",
            akka: (builder, _) => builder.WithActors((system, registry) =>
                registry.Register<Stuck>(system.ActorOf(Props.Create(() => new Stuck(disk)), "stuck"))),
            services: services => services.AddSingleton<EndBy>((_, code, unless) =>
            {
                isClosed = unless;
                ends.TrySetResult(code);
            })))
        {
            application.Services.GetRequiredService<IRequiredActor<Stuck>>().ActorRef.Tell("write");
            var node = application.Services.GetRequiredService<StoreNode>();

            node.System.EventStream.Publish(new JournalFailed("in memory", new IOException("no space left")));

            await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
            Assert.Equal(HealthStatus.Unhealthy,
                (await new StoreLiveCheck(node).CheckHealthAsync(new HealthCheckContext())).Status);
            await application.WaitForShutdownAsync();
            Assert.Equal(ExitCode.Fatal, await ends.Task.WaitAsync(Timeouts.Long));
            Environment.ExitCode = ExitCode.Success; // this process continues
            Assert.False(isClosed!());
            disk.Set();
        }
        // An application that continues without its host is not ended once the store has closed.
        Assert.True(isClosed!());
    }

    [Fact]
    public async Task What_the_store_says_is_in_the_applications_log_with_level_and_time_of_that_log_alone()
    {
        var lines = new Lines();
        using var application = await StartAsync(log: lines);
        var line = await Eventually.Async(() => Task.FromResult(
            lines.All.FirstOrDefault(each => each.Text.StartsWith("region 1: leads in term", StringComparison.Ordinal))));

        await application.StopAsync(Timeouts.Long);

        Assert.Equal(("TinyKv.Actors.Raft.RaftPeer", LogLevel.Information), (line.Category, line.Level));
        Assert.DoesNotContain(lines.All, each => each.Text.Contains("[INFO]", StringComparison.Ordinal)
            || each.Text.Contains("DummyClassForStringSources", StringComparison.Ordinal)
            || each.Text.StartsWith('[')
            || each.Category.Contains("DummyClass", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_ports_say_is_in_the_applications_log()
    {
        var lines = new Lines();
        using var application = await StartAsync(
            options => options.Hocon += "\ntinykv.server.max-connections-per-address = 1", log: lines);
        using TcpClient first = new(), second = new();
        foreach (var client in (TcpClient[])[first, second])
        {
            await client.ConnectAsync(IPAddress.Loopback, _address.GrpcPort, Timeouts.Long);
            await client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Timeouts.Long);
        }

        var line = await Eventually.Async(() => Task.FromResult(
            lines.All.FirstOrDefault(each => each.Text.Contains("too many connections", StringComparison.Ordinal))));

        Assert.Equal(("TinyKv.Server.Ports.ConnectionGate", LogLevel.Warning), (line.Category, line.Level));
        await application.StopAsync(Timeouts.Long);
    }

    [Fact]
    public async Task A_port_in_use_keeps_the_application_from_starting()
    {
        using var other = new TcpListener(IPAddress.Loopback, _address.RemotingPort);
        other.Start();

        var refusal = await Assert.ThrowsAsync<TinyKvException>(() => StartAsync());

        Assert.Contains($":{_address.RemotingPort}", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Action<TinyKvOptions>, string> WrongOptions => new()
    {
        { options => options.ClusterName = "", "TinyKvOptions.ClusterName" },
        { options => options.DataDirectory = " ", "TinyKvOptions.DataDirectory" },
        { options => options.StoreId = 7, "TinyKvOptions.StoreId is 7, but Stores lists only 1" },
        { options => options.Stores.Clear(), "TinyKvOptions.Stores is empty" },
        { options => options.Join.Add("a:1"), "TinyKvOptions.Join is set, and so is Stores" },
        { options => options.Journal = "paper", "tinykv.journal is 'paper'" },
        { options => options.Stores[0].GrpcPort = 0, "grpc-port is '0'" },
        { options => options.Hocon = "tinykv.raft.election-tick = 1", "tinykv.raft.election-tick is not a setting" },
        { options => options.Hocon = "tinykv {", "TinyKvOptions.Hocon, line 1" },
        { options => options.Hocon = "\ntinykv.raft.election-ticks = x",
            "TinyKvOptions.Hocon, line 2: tinykv.raft.election-ticks is 'x'" },
        { options => options.Hocon = "tinykv.raft.election-ticks = ${TINYKV_NO_SUCH}",
            "line 1: tinykv.raft.election-ticks is ${TINYKV_NO_SUCH}, and" },
        { options => options.Hocon = "tinykv.raft.election-ticks = ${tinykv.raft.election-ticks}${PATH}",
            "line 1: tinykv.raft.election-ticks is '10" },
        { options => options.BindHost = "no host", "TinyKvOptions.BindHost: tinykv.store.bind-host is 'no host'" },
        { options => options.Hocon = "tinykv.server.shutdown-timeout = never", "tinykv.server.shutdown-timeout" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task An_option_that_is_wrong_is_named(Action<TinyKvOptions> spoil, string named)
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(spoil));

        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    private async Task<IHost> StartAsync(
        Action<TinyKvOptions>? change = null, Action<AkkaConfigurationBuilder, IServiceProvider>? akka = null,
        Action<IServiceCollection>? services = null, ILoggerProvider? log = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        if (log is not null) builder.Logging.AddProvider(log);
        builder.Services.AddTinyKv(options =>
        {
            options.ClusterName = "application";
            options.StoreId = 1;
            options.DataDirectory = _directory["store"];
            options.Hocon = "tinykv.raft.tick-interval = 30ms";
            options.Stores.Add(new TinyKvStore
            {
                Id = 1,
                GrpcPort = _address.GrpcPort,
                StatusPort = _address.StatusPort,
                RemotingPort = _address.RemotingPort,
                RaftPort = _address.RaftPort,
            });
            change?.Invoke(options);
        }, akka);
        services?.Invoke(builder.Services);
        var application = builder.Build();
        try
        {
            await application.StartAsync(Timeouts.Long);
            return application;
        }
        catch
        {
            application.Dispose();
            throw;
        }
    }

    private sealed record Line(string Category, LogLevel Level, string Text);

    private sealed class Lines : ILoggerProvider
    {
        private readonly ConcurrentQueue<Line> _lines = new();

        public IReadOnlyList<Line> All => [.. _lines];

        public ILogger CreateLogger(string categoryName) => new Writer(categoryName, _lines);

        public void Dispose() { }

        private sealed class Writer(string category, ConcurrentQueue<Line> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
                Func<TState, Exception?, string> formatter) =>
                lines.Enqueue(new Line(category, logLevel, formatter(state, exception)));
        }
    }

    private sealed class Stuck : ReceiveActor
    {
        public Stuck(ManualResetEventSlim disk) => ReceiveAny(_ => disk.Wait());
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }
}
