using System.Diagnostics.Metrics;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>How many requests and replies share a message of a stream.</summary>
internal static class StreamMetrics
{
    private static readonly Histogram<long> Requests = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.stream.requests", "{request}", "Requests in one message of a stream.", tags: null, TinyKvTelemetry.Counts);

    private static readonly Histogram<long> Replies = TinyKvTelemetry.Meter.CreateHistogram(
        "tinykv.stream.replies", "{reply}", "Replies in one message of a stream.", tags: null, TinyKvTelemetry.Counts);

    /// <summary>A message with so many requests came.</summary>
    public static void Taken(int requests) => Requests.Record(requests);

    /// <summary>A message with so many replies goes.</summary>
    public static void Sending(int replies) => Replies.Record(replies);
}
