using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Telemetry;

[Trait("lane", "slow")]
public sealed class OtlpTests
{
    private static readonly string[] Exports =
    [
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    ];

    [Fact]
    public async Task Metrics_and_traces_are_sent_to_the_endpoint_that_is_set()
    {
        var calls = new ConcurrentDictionary<string, bool>();
        await using var collector = Collector(calls);
        await collector.StartAsync(Timeouts.Long);
        var address = collector.Services.GetRequiredService<IServer>().Features
            .Get<IServerAddressesFeature>()!.Addresses.Single();

        await using (var cluster = await TinyKvCluster.StartAsync(
            1, $$"""tinykv.telemetry { otlp-endpoint = "{{address}}", trace-ratio = 1 }""", Timeouts.Long))
        {
            await cluster.Raw.PutAsync(new byte[] { 1 }, new byte[] { 1 });
        }

        // What has not been sent yet is sent when the store stops.
        Assert.Equal(Exports, calls.Keys.Order(StringComparer.Ordinal));
    }

    private static WebApplication Collector(ConcurrentDictionary<string, bool> calls)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var collector = builder.Build();
        collector.Run(async context =>
        {
            calls[context.Request.Path] = true;
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            // An empty message, in gRPC's frame.
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        return collector;
    }
}
