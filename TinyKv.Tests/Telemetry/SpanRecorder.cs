using System.Collections.Concurrent;
using System.Diagnostics;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Tests.Telemetry;

/// <summary>
/// Has the spans of some traces made, and keeps them as they end. Other tests write at the same time, and what one of them
/// has made all listeners hear: only the spans of these traces are kept.
/// </summary>
internal sealed class SpanRecorder : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    /// <param name="traces">Whose spans.</param>
    /// <param name="sources">Who makes them, besides the store.</param>
    public SpanRecorder(IReadOnlyCollection<ActivityTraceId> traces, params string[] sources)
    {
        _listener = new ActivityListener
        {
            // By name: the source asks while it is being made, before it can be compared with.
            ShouldListenTo = source => source.Name == TinyKvTelemetry.Name || sources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                traces.Contains(options.TraceId) ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (traces.Contains(span.TraceId)) _ended.Enqueue(span);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>In the order of their ends.</summary>
    public IReadOnlyCollection<Activity> Ended => _ended;

    public void Dispose() => _listener.Dispose();
}
