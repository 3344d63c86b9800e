using System.Globalization;
using Akka.Configuration;
using TinyKv.Core;

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
    public static TelemetrySettings Read(Config config) =>
        new(Endpoint(Text(config, "otlp-endpoint")), Ratio(Text(config, "trace-ratio")));

    private static string Text(Config config, string key) =>
        config.GetString($"{Root}.{key}") ?? throw new SettingException($"{Root}.{key}", "must be a text");

    private static Uri? Endpoint(string text)
    {
        if (text.Length == 0) return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            // Not what it is: a user and a password may be in it.
            ? uri : throw new SettingException(
                $"{Root}.otlp-endpoint", "must be a URL such as http://127.0.0.1:4317, or empty");
    }

    private static double Ratio(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio) && ratio is >= 0 and <= 1
            ? ratio : throw new SettingException($"{Root}.trace-ratio", $"is '{text}'; it must be a number from 0 to 1");
}
