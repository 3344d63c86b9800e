using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Core;
using TinyKv.Server;
using TinyKv.Server.Stores;

namespace TinyKv.Tests.Server;

public sealed class StoreServerTests
{
    private readonly FakeStore _store = new();

    [Fact]
    public async Task An_address_that_cannot_be_bound_is_named()
    {
        var endpoints = new ServerEndpoints(IPAddress.Parse("192.0.2.1"), 0, 0);
        var wrong = await Assert.ThrowsAsync<TinyKvException>(
            () => StoreServer.StartAsync(endpoints, ServedPorts.Settings, NullLoggerFactory.Instance, StartAsync, default));
        Assert.StartsWith("the gRPC port 192.0.2.1:0 cannot be bound: ", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_hangs_does_not_hold_up_the_end()
    {
        _store.Stoppable = new TaskCompletionSource().Task;
        var settings = ServedPorts.Settings with { ShutdownTimeout = TimeSpan.FromMilliseconds(200) };
        var server = await StoreServer.StartAsync(
            new ServerEndpoints(IPAddress.Loopback, 0, 0), settings, NullLoggerFactory.Instance, StartAsync, default);
        await using (server) Assert.False(await server.StopAsync());
    }

    [Fact]
    public async Task A_store_that_stops_gives_leadership_away_while_it_still_serves()
    {
        var server = await StoreServer.StartAsync(
            new ServerEndpoints(IPAddress.Loopback, 0, 0), ServedPorts.Settings, NullLoggerFactory.Instance, StartAsync, default);
        using var http = new HttpClient();
        var ready = new Uri($"http://127.0.0.1:{server.StatusPort}/health/ready");
        var served = HttpStatusCode.Unused;
        _store.HandOver = async () => served = (await http.GetAsync(ready)).StatusCode;

        await using (server) await server.StopAsync();

        Assert.Equal(HttpStatusCode.OK, served);
    }

    private Task<IServedStore> StartAsync(CancellationToken cancellation) => Task.FromResult<IServedStore>(_store);
}
