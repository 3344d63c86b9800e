using System.Diagnostics;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Tests.Telemetry;

public sealed class SpanRecorderTests
{
    [Fact]
    public void Spans_of_other_traces_that_somebody_else_has_made_are_not_kept()
    {
        var (own, other) = (ActivityTraceId.CreateRandom(), ActivityTraceId.CreateRandom());
        using var spans = new SpanRecorder([own]);
        using var others = new SpanRecorder([other]);

        foreach (var trace in new[] { own, other })
        {
            var caller = new ActivityContext(trace, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
            TinyKvTelemetry.Spans.StartActivity("span", ActivityKind.Internal, caller)!.Dispose();
        }

        Assert.Equal(own, Assert.Single(spans.Ended).TraceId);
        Assert.Equal(other, Assert.Single(others.Ended).TraceId);
    }
}
