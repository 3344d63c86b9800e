using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Persistence;

namespace TinyKv.Server.Telemetry;

/// <summary>Everything under <c>tinykv.telemetry</c>, read once and checked.</summary>
/// <param name="OtlpEndpoint">Where metrics and traces are sent; null: nowhere.</param>
/// <param name="TraceRatio">The part of the writes without a caller's trace that is traced.</param>
public sealed record TelemetrySettings(Uri? OtlpEndpoint, double TraceRatio)
{
    private const string Root = "tinykv.telemetry";

    /// <summary>The defaults: nothing is sent.</summary>
    public static TelemetrySettings Default { get; } = new(OtlpEndpoint: null, TraceRatio: 0.01);

    /// <summary>Reads the settings from the whole configuration.</summary>
    /// <exception cref="TinyKvException">A value is wrong; names its key.</exception>
    public static TelemetrySettings Read(Config config)
    {
        var telemetry = Section.Of(config, Root);
        return new(Endpoint(telemetry, "otlp-endpoint"), telemetry.Fraction("trace-ratio"));
    }

    private static Uri? Endpoint(Section telemetry, string key)
    {
        var text = telemetry.OptionalText(key);
        if (text.Length == 0) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            // Not what it is: a user and a password may be in it.
            ? uri : throw telemetry.Invalid(key, "must be a URL such as http://127.0.0.1:4317, or empty");
    }
}
