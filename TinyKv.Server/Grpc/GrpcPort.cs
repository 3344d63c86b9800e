using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TinyKv.Actors.Requests;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Server.Ports;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;

namespace TinyKv.Server.Grpc;

/// <summary>The port of the gRPC services: HTTP/2 without TLS.</summary>
internal static class GrpcPort
{
    // What every client of HTTP/2 sends first, without waiting for anything.
    private const int PrefaceBytes = 24;
    private static readonly TimeSpan PrefaceTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Binds and serves; calls are refused until the gate opens.</summary>
    /// <exception cref="TinyKv.Core.TinyKvException">The port cannot be bound.</exception>
    public static Task<WebPort> StartAsync(
        IPEndPoint address, StoreGate gate, ServerSettings settings, ILoggerFactory logs)
    {
        var builder = WebPort.CreateBuilder(settings.Log, logs);
        builder.Services.AddSingleton(gate);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(_ => new UnreadBytes(UnreadLimit.MaxBytesOfAll));
        builder.Services.AddGrpc(options =>
        {
            options.MaxReceiveMessageSize = GrpcLimits.MaxSmallMessageBytes;
            options.MaxSendMessageSize = GrpcLimits.MaxMessageBytes;
            options.Interceptors.Add<ErrorInterceptor>();
            options.Interceptors.Add<LargeRequests.Interceptor>();
            options.Interceptors.Add<UnreadReplyInterceptor>();
        })
            .AddServiceOptions<TinyKvProtocolService>(options => options.MaxReceiveMessageSize = GrpcLimits.MaxMessageBytes)
            .AddServiceOptions<RawService>(options => options.MaxReceiveMessageSize = GrpcLimits.MaxMessageBytes);
        builder.Services.AddGrpcReflection();
        builder.Services.AddGrpcHealthChecks().AddCheck(StoreHealth.ReadyCheck, () => StoreHealth.Ready(gate));
        var bounds = ConnectionBounds.Of(settings.MaxConnections, settings.MaxConnectionsPerAddress);
        return WebPort.StartAsync("gRPC", address, builder, kestrel => Limit(kestrel.Limits, settings),
            new ConnectionGate("grpc", bounds, PrefaceBytes, PrefaceTimeout).Over, HttpProtocols.Http2, Map);
    }

    private static void Map(WebApplication application)
    {
        application.Use(new LargeRequests(GrpcLimits.MaxLargeRequestBytes).LimitAsync);
        application.Use(UnreadReplyInterceptor.WaitForReaderAsync);
        application.MapGrpcService<TinyKvProtocolService>();
        application.MapGrpcService<RawService>();
        application.MapGrpcService<SchedulerService>();
        application.MapGrpcService<AdminService>();
        application.MapGrpcHealthChecksService();
        application.MapGrpcReflectionService();
    }

    private static void Limit(KestrelServerLimits limits, ServerSettings settings)
    {
        limits.Http2.MaxStreamsPerConnection = settings.MaxStreamsPerConnection;
        limits.Http2.KeepAlivePingDelay = settings.KeepAliveInterval;
        limits.Http2.KeepAlivePingTimeout = settings.KeepAliveTimeout;
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        // A message and its frame. gRPC refuses what is larger by name; this cuts off what is not even gRPC.
        limits.MaxRequestBodySize = GrpcLimits.MaxMessageBytes + 1024;
        // A request that trickles in holds its memory; gRPC lifts the bound for streams, which may be idle.
        limits.MinRequestBodyDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
    }
}
