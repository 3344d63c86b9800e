using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using TinyKv.Protocol.Wire.Scheduling;

namespace TinyKv.Tests.Host.Server;

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
            new HashSet<string>(["tinykvpb.TinyKv", "schedulerpb.Scheduler", "tinykv.v1.Raw",
                "tinykv.v1.Status", "grpc.health.v1.Health"]),
            listed.Select(service => service.Name).ToHashSet());
    }

    private static async Task<string> RefusalAsync(ServedPorts ports)
    {
        var call = new Scheduler.SchedulerClient(ports.Channel).GetMembersAsync(new GetMembersRequest());
        var refusal = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        return refusal.Status.Detail;
    }
}
