using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TinyKv.Client;
using TinyKv.Tests.Server;

namespace TinyKv.Tests.Client;

/// <summary>What a client says of endpoints at which no store answers.</summary>
public sealed class EndpointTests
{
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Endpoints_that_refuse_are_given_up_when_the_caller_wants_it_soon()
    {
        using var dead = BoundButDeaf();
        var started = Stopwatch.GetTimestamp();

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => ConnectAsync(unreachable: TimeSpan.FromMilliseconds(100), AddressOf(dead), "no.such.host.invalid:1"));

        Assert.True(Stopwatch.GetElapsedTime(started) < Never / 4);
        Assert.True(error.IsUnreachable);
        Assert.Contains($"{AddressOf(dead)}: connection refused", error.Message);
        Assert.Contains("no.such.host.invalid:1: the host's name is not known", error.Message);
    }

    [Fact]
    public async Task A_store_that_refuses_while_it_restarts_is_waited_for()
    {
        await using var cluster = await FakeCluster.StartAsync(1);
        using var dead = BoundButDeaf();
        Task? forwarding = null;

        var options = new TinyKvClientOptions
        {
            Endpoints = [AddressOf(dead)],
            Timeout = Never,
            OnWaiting = _ => forwarding ??= ForwardAsync(dead, cluster.Store(1).Address),
        };
        await using var client = await TinyKvClient.ConnectAsync(options);

        Assert.NotNull(forwarding);
        Assert.Equal(FakeCluster.Id, client.ClusterId);
    }

    [Fact]
    public async Task A_status_port_is_told_from_a_store_that_is_not_there_yet()
    {
        await using var ports = await ServedPorts.StartAsync();

        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(
            () => ConnectAsync(unreachable: null, $"127.0.0.1:{ports.Status.Number}"));

        Assert.Contains("speaks HTTP/1.1 as a store's status port does, expected its gRPC port", error.Message);
    }

    [Fact]
    public async Task A_port_that_hangs_up_may_be_a_remoting_port()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var hangUp = Task.Run(async () =>
        {
            while (true) (await listener.AcceptSocketAsync()).Dispose();
        });

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => ConnectAsync(unreachable: TimeSpan.FromMilliseconds(100), $"{listener.LocalEndpoint}"));
        listener.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => hangUp);

        Assert.Contains("the connection was dropped; a store that ends does that, and so does a remoting port", error.Message);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("-ERR unknown command\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n")]
    public async Task What_answers_in_another_protocol_is_no_store(string answer)
    {
        using var other = new OtherServer(answer);

        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(
            () => ConnectAsync(unreachable: null, other.Address));

        Assert.Equal($"{other.Address}: what answers there is no TinyKv store", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+OK\r\n")]
    public async Task What_hangs_up_before_it_has_said_enough_is_unreachable(string answer)
    {
        using var other = new OtherServer(answer, hangsUp: true);

        var error = await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => ConnectAsync(unreachable: TimeSpan.Zero, other.Address));

        Assert.True(error.IsUnreachable);
        Assert.Contains($": {other.Address}: the connection was dropped", error.Message);
    }

    [Fact]
    public async Task Another_gRPC_server_is_no_store_and_does_not_keep_a_client_from_one()
    {
        await using var other = await GrpcServerAsync();
        await using var cluster = await FakeCluster.StartAsync(1);
        var address = new Uri(other.Urls.Single()).Authority;

        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(() => ConnectAsync(unreachable: null, address));
        Assert.Contains($"{address}: what answers there is no TinyKv store", error.Message);
        for (var i = 0; i < 5; i++)
            await using (await ConnectAsync(unreachable: null, address, cluster.Store(1).Address)) { }
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(301)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_web_server_that_speaks_HTTP_2_is_no_store(int code)
    {
        await using var web = await WebServerAsync(code);
        var address = new Uri(web.Urls.Single()).Authority;

        var error = await Assert.ThrowsAsync<TinyKvInvalidRequestException>(() => ConnectAsync(unreachable: null, address));

        Assert.Equal($"{address}: what answers there is no TinyKv store", error.Message);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task A_proxy_that_has_no_store_now_is_waited_for_in_plain_words(int code)
    {
        await using var web = await WebServerAsync(code);
        var address = new Uri(web.Urls.Single()).Authority;
        using var heard = new CancellationTokenSource();
        var reasons = new List<string>();
        var options = new TinyKvClientOptions
        {
            Endpoints = [address],
            Timeout = Never,
            OnWaiting = reason =>
            {
                reasons.Add(reason);
                heard.Cancel();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => TinyKvClient.ConnectAsync(options, heard.Token));

        Assert.Equal([$"{address}: a web server or proxy answered with HTTP status {code}"], reasons);
    }

    [Fact]
    public async Task A_store_that_starts_is_waited_for_and_named()
    {
        await using var ports = await ServedPorts.StartAsync(open: false);
        var reasons = new List<string>();
        var options = new TinyKvClientOptions
        {
            Endpoints = [$"127.0.0.1:{ports.Grpc.Number}"],
            Timeout = Never,
            UnreachableTimeout = TimeSpan.Zero,
            OnWaiting = reason =>
            {
                reasons.Add(reason);
                if (reasons.Count == 3) ports.Gate.Open(ports.Store);
            },
        };

        await using var client = await TinyKvClient.ConnectAsync(options);

        Assert.Equal(Enumerable.Repeat($"{options.Endpoints[0]}: the store is starting", 3), reasons);
    }

    private static Task<TinyKvClient> ConnectAsync(TimeSpan? unreachable, params string[] endpoints) =>
        TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = endpoints, Timeout = Never, UnreachableTimeout = unreachable });

    // Its port is nobody else's, and refuses.
    private static Socket BoundButDeaf()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private static string AddressOf(Socket socket) => $"127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}";

    private static async Task ForwardAsync(Socket listener, string address)
    {
        listener.Listen();
        while (true)
        {
            using var from = await listener.AcceptAsync();
            using var to = new TcpClient();
            await to.ConnectAsync(IPEndPoint.Parse(address));
            await using var stream = new NetworkStream(from);
            await Task.WhenAny(stream.CopyToAsync(to.GetStream()), to.GetStream().CopyToAsync(stream));
        }
    }

    private static Task<WebApplication> GrpcServerAsync() => ServerAsync(app => app.MapGrpcService<FakeAdminService>());

    private static Task<WebApplication> WebServerAsync(int code) => ServerAsync(app => app.Run(context =>
    {
        context.Response.StatusCode = code;
        if (code == 204) return Task.CompletedTask;
        context.Response.ContentType = "text/html";
        return context.Response.WriteAsync("<p>hello</p>");
    }));

    private static async Task<WebApplication> ServerAsync(Action<WebApplication> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        var app = builder.Build();
        serve(app);
        await app.StartAsync();
        return app;
    }
}
