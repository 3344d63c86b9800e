using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Host.Telemetry;

namespace TinyKv.Host.Server;

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
    /// <param name="timeout">How long a connection may take to say what it wants.</param>
    /// <exception cref="TinyKv.Core.TinyKvException">The port cannot be bound.</exception>
    public static Task<WebPort> StartAsync(
        IPEndPoint address, StoreGate gate, ServerSettings settings, TimeSpan? timeout = null)
    {
        var builder = WebPort.CreateBuilder(settings.Log);
        Exporters.Add(builder.Services, settings.Telemetry);
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new StatusListener.Factory(
            Bounds, timeout ?? RequestTimeout, () => Liveness(gate), services.GetRequiredService<ILogger<StatusListener>>()));
        return WebPort.StartAsync("status", address, builder, kestrel => Limit(kestrel.Limits),
            (next, _) => StatusListener.Over(next), HttpProtocols.Http1, application => Map(application, gate));
    }

    // Live means that the process answers and continues; a store that lost its leader must not be restarted for it.
    private static (int Code, string Text) Liveness(StoreGate gate) => gate.Failure is { } reason
        ? (StatusCodes.Status503ServiceUnavailable, $"ended: {reason}\n") : (StatusCodes.Status200OK, "live\n");

    private static void Map(WebApplication application, StoreGate gate)
    {
        application.Use(KeepWhileAnswered);
        application.UseOpenTelemetryPrometheusScrapingEndpoint(Exporters.ScrapePath);
        application.Run(context => AnswerAsync(context, gate));
    }

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

    private static Task AnswerAsync(HttpContext context, StoreGate gate)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "only GET is served here\n");
        return context.Request.Path.Value switch
        {
            // Mostly answered by the listener; Kestrel sees those that follow another request over the same connection.
            "/health/live" => WriteAsync(context, Liveness(gate)),
            "/health/ready" => gate.IsReady
                ? WriteAsync(context, StatusCodes.Status200OK, "ready\n")
                : WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "not ready\n"),
            "/status" => StatusAsync(context, gate),
            _ => WriteAsync(context, StatusCodes.Status404NotFound,
                "there are /health/live, /health/ready, /status and /metrics\n"),
        };
    }

    private static async Task StatusAsync(HttpContext context, StoreGate gate)
    {
        try
        {
            var status = await gate.Store.StatusAsync(context.RequestAborted);
            await WriteAsync(
                context, StatusCodes.Status200OK, Json.Format(status) + "\n", "application/json");
        }
        catch (RpcException refused)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, refused.Status.Detail + "\n");
        }
    }

    private static Task WriteAsync(HttpContext context, (int Code, string Text) answer) =>
        WriteAsync(context, answer.Code, answer.Text);

    private static Task WriteAsync(HttpContext context, int code, string text, string type = "text/plain")
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text);
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
