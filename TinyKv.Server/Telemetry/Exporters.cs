using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Server.Telemetry;

/// <summary>
/// Brings what is measured out of the process: always to whoever scrapes <see cref="ScrapePath"/>, and with an endpoint
/// also there, together with the traces.
/// </summary>
internal static class Exporters
{
    /// <summary>Where the metrics are, in the form of Prometheus.</summary>
    public const string ScrapePath = "/metrics";

    // The calls, the connections and the runtime's memory and threads, as .NET measures them.
    private static readonly string[] Meters =
    [
        TinyKvTelemetry.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime",
    ];

    private static readonly string[] Sources = [TinyKvTelemetry.Name, "Microsoft.AspNetCore"];

    /// <summary>Adds what collects, and what sends when an endpoint is set.</summary>
    public static void Add(IServiceCollection services, TelemetrySettings settings)
    {
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("tinykv"))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddPrometheusExporter();
                if (settings.OtlpEndpoint is { } endpoint)
                    metrics.AddOtlpExporter(otlp => otlp.Endpoint = endpoint);
            });
        if (settings.OtlpEndpoint is not { } traces) return;
        telemetry.WithTracing(tracing => tracing
            .AddSource(Sources)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(settings.TraceRatio)))
            .AddOtlpExporter(otlp => otlp.Endpoint = traces));
    }
}
