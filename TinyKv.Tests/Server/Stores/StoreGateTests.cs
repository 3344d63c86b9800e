using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using TinyKv.Actors.Node.Settings;
using TinyKv.Client;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Tests.Server.Stores;

public sealed class StoreGateTests
{
    [Fact]
    public async Task Until_the_store_has_started_calls_are_unavailable_and_the_process_is_live()
    {
        await using var ports = await ServedPorts.StartAsync(open: false);
        Assert.Equal("the store is starting", await RefusalAsync(ports));
        Assert.Equal(HttpStatusCode.OK, (await ports.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, (await ports.Http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ports.Http.GetAsync("/status")).StatusCode);
    }

    [Fact]
    public async Task Once_the_store_stops_calls_are_unavailable()
    {
        await using var ports = await ServedPorts.StartAsync();
        ports.Gate.Close();
        Assert.Equal("the store is stopping", await RefusalAsync(ports));
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, (await ports.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task A_client_takes_its_write_from_a_store_that_stops_to_another_one()
    {
        await using var leaving = await ServedPorts.StartAsync();
        await using var staying = await ServedPorts.StartAsync();
        var region = leaving.Store.Data.Region;
        foreach (var ports in new[] { leaving, staying })
        {
            ports.Store.Stores = [Address(1, leaving), Address(2, staying)];
            ports.Store.Members.Regions = FakePlacement.MapOf(new LocatedRegion(region, region.Peers[0]));
        }
        await using var client = await TinyKvClient.ConnectAsync(
            new() { Endpoints = [Address(1, leaving).Grpc, Address(2, staying).Grpc] });
        await client.Raw.PutAsync("k"u8.ToArray(), "1"u8.ToArray());
        leaving.Gate.Close();
        staying.Store.Members.Regions = FakePlacement.MapOf(new LocatedRegion(region, region.Peers[1]));

        await client.Raw.PutAsync("k"u8.ToArray(), "2"u8.ToArray());

        Assert.Equal("2"u8.ToArray(), await client.Raw.GetAsync("k"u8.ToArray()));
        var pairs = new List<RawPair>();
        await foreach (var pair in client.Raw.ScanAsync(new RawScan())) pairs.Add(pair);
        Assert.Equal("2"u8.ToArray(), Assert.Single(pairs).Value);
    }

    [Fact]
    public async Task A_write_that_only_closed_stores_could_take_was_certainly_not_done()
    {
        await using var ports = await ServedPorts.StartAsync();
        var region = ports.Store.Data.Region;
        ports.Store.Stores = [Address(1, ports)];
        ports.Store.Members.Regions = FakePlacement.MapOf(new LocatedRegion(region, region.Peers[0]));
        await using var client = await TinyKvClient.ConnectAsync(
            new() { Endpoints = [Address(1, ports).Grpc], Timeout = TimeSpan.FromSeconds(2) });
        await client.Raw.PutAsync("k"u8.ToArray(), "1"u8.ToArray());
        ports.Gate.Close();

        await Assert.ThrowsAsync<TinyKvUnavailableException>(
            () => client.Raw.PutAsync("k"u8.ToArray(), "2"u8.ToArray()));
    }

    [Fact]
    public async Task The_grpc_health_service_says_what_the_store_says()
    {
        await using var ports = await ServedPorts.StartAsync(open: false);
        var health = new Health.HealthClient(ports.Channel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await StatusAsync());
        ports.Gate.Open(ports.Store);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, await StatusAsync());
        ports.Store.IsReady = false;
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, await StatusAsync());

        async Task<HealthCheckResponse.Types.ServingStatus> StatusAsync() =>
            (await health.CheckAsync(new HealthCheckRequest())).Status;
    }

    [Fact]
    public async Task Reflection_lists_the_services()
    {
        await using var ports = await ServedPorts.StartAsync();
        using var stream = new ServerReflection.ServerReflectionClient(ports.Channel).ServerReflectionInfo();
        await stream.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
        Assert.True(await stream.ResponseStream.MoveNext());
        var listed = stream.ResponseStream.Current.ListServicesResponse.Service;
        Assert.Superset(
            new HashSet<string>(["tinykvpb.TinyKv", "schedulerpb.Scheduler", "tinykv.raw.v1.Raw",
                "tinykv.admin.v1.Admin", "grpc.health.v1.Health"]),
            listed.Select(service => service.Name).ToHashSet());
    }

    private static StoreAddress Address(ulong store, ServedPorts ports) =>
        new(new StoreId(store), "127.0.0.1", ports.Grpc.Number, ports.Status.Number, 1, 2);

    private static async Task<string> RefusalAsync(ServedPorts ports)
    {
        var call = new Scheduler.SchedulerClient(ports.Channel).GetMembersAsync(new GetMembersRequest());
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        return refusal.Status.Detail;
    }
}
