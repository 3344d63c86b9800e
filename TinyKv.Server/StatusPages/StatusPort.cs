using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Server.Ports;
using TinyKv.Server.Settings;
using TinyKv.Server.Stores;
using TinyKv.Server.Telemetry;

namespace TinyKv.Server.StatusPages;

/// <summary>
/// The port for people and supervisors: HTTP/1.1 with <c>/health/live</c>, <c>/health/ready</c>,
/// <c>/status</c> and <c>/metrics</c>.
/// </summary>
internal static class StatusPort
{
    // Of those whose request is not being answered, the oldest makes room for the next: so those that only hold their
    // place keep no probe out. There are many, so that also a probe that comes among others of its address, and is held up
    // by a busy machine, still says what it wants in time.
    private static readonly ConnectionBounds Bounds = new(1024, 512, 256, 64);

    // Until it has said whether it is a probe, and as long again for the rest of another request.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private static readonly JsonFormatter Json = new(
        JsonFormatter.Settings.Default.WithFormatDefaultValues(true).WithPreserveProtoFieldNames(true));

    /// <summary>Binds and serves.</summary>
    /// <param name="address">Where.</param>
    /// <param name="gate">To the store.</param>
    /// <param name="settings">How.</param>
    /// <param name="logs">The log of the process.</param>
    /// <param name="timeout">How long a connection may take to say what it wants.</param>
    /// <exception cref="TinyKv.Core.TinyKvException">The port cannot be bound.</exception>
    public static Task<WebPort> StartAsync(
        IPEndPoint address, StoreGate gate, ServerSettings settings, ILoggerFactory logs, TimeSpan? timeout = null)
    {
        var builder = WebPort.CreateBuilder(settings.Log, logs);
        Exporters.Add(builder.Services, settings.Telemetry);
        builder.Services.AddRouting();
        builder.Services.AddHealthChecks()
            .AddCheck(StoreHealth.LiveCheck, () => StoreHealth.Live(gate))
            .AddCheck(StoreHealth.ReadyCheck, () => StoreHealth.Ready(gate));
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new StatusListener.Factory(
            Bounds, timeout ?? RequestTimeout, () => Liveness(gate), services.GetRequiredService<ILogger<StatusListener>>()));
        return WebPort.StartAsync("status", address, builder, kestrel => Limit(kestrel.Limits),
            (next, _) => StatusListener.Over(next), HttpProtocols.Http1, application => Map(application, gate));
    }

    // By the listener, on its own thread; health checks run on the pool's.
    private static (int Code, string Text) Liveness(StoreGate gate)
    {
        var live = StoreHealth.Live(gate);
        return (live.Status == HealthStatus.Healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            live.Description + "\n");
    }

    private static void Map(WebApplication application, StoreGate gate)
    {
        application.Use(KeepWhileAnswered);
        var pages = application.MapGroup("").WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
        // Mostly answered by the listener; Kestrel sees those that follow another request over the same connection.
        pages.MapHealthChecks("/health/live", Only(StoreHealth.LiveCheck));
        pages.MapHealthChecks("/health/ready", Only(StoreHealth.ReadyCheck));
        pages.MapPrometheusScrapingEndpoint(Exporters.ScrapePath);
        pages.Map("/status", (CancellationToken aborted) => StatusAsync(gate, aborted));
        pages.MapFallback("{*path}", () => Results.Text(
            "there are /health/live, /health/ready, /status and /metrics\n", statusCode: StatusCodes.Status404NotFound));
    }

    private static HealthCheckOptions Only(string check) => new()
    {
        Predicate = registration => registration.Name == check,
        ResponseWriter = (context, report) =>
            context.Response.WriteAsync(report.Entries[check].Description + "\n", context.RequestAborted),
    };

    private static Task KeepWhileAnswered(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ConnectionLedger.Place>() is { } place && place.Establish())
        {
            context.Response.OnCompleted(() =>
            {
                place.Rest();
                return Task.CompletedTask;
            });
        }
        return next(context);
    }

    private static async Task<IResult> StatusAsync(StoreGate gate, CancellationToken aborted)
    {
        try
        {
            return Results.Text(Json.Format(await gate.Store.StatusAsync(aborted)) + "\n", "application/json");
        }
        catch (RpcException refused)
        {
            return Results.Text(refused.Status.Detail + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestHeaderCount = 64;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.MaxRequestLineSize = 4 * 1024;
        limits.MaxRequestBodySize = 0;
        limits.RequestHeadersTimeout = RequestTimeout;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
    }
}
