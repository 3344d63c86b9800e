using Akka.Configuration;
using TinyKv.Core;
using TinyKv.Server.Settings;
using TinyKv.Server.Telemetry;

namespace TinyKv.Tests.Telemetry;

public sealed class TelemetrySettingsTests
{
    [Fact]
    public void Nothing_is_sent_unless_told_where() => Assert.Null(Read("").OtlpEndpoint);

    [Fact]
    public void An_endpoint_and_a_ratio_are_read()
    {
        var settings = Read("""
            tinykv.telemetry { otlp-endpoint = "http://127.0.0.1:4317", trace-ratio = 0.5 }
            """);

        Assert.Equal((new Uri("http://127.0.0.1:4317"), 0.5), (settings.OtlpEndpoint, settings.TraceRatio));
    }

    [Theory]
    [InlineData("tinykv.telemetry.otlp-endpoint = \"collector:4317\"", "otlp-endpoint must be a URL")]
    [InlineData("tinykv.telemetry.otlp-endpoint = \"grpc://user:token@host\"", "otlp-endpoint must be a URL")]
    [InlineData("tinykv.telemetry.trace-ratio = 2", "trace-ratio is '2'")]
    [InlineData("tinykv.telemetry.trace-ratio = all", "trace-ratio is 'all'")]
    public void A_value_that_makes_no_sense_is_refused_by_its_key(string hocon, string expected)
    {
        var refusal = Assert.ThrowsAny<TinyKvException>(() => Read(hocon));

        Assert.StartsWith($"tinykv.telemetry.{expected}", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token", refusal.Message, StringComparison.Ordinal);
    }

    private static TelemetrySettings Read(string hocon) => TelemetrySettings.Read(
        ConfigurationFactory.ParseString(hocon).WithFallback(ServerConfiguration.Reference));
}
