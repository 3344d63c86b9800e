using System.Diagnostics;
using System.Diagnostics.Metrics;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What the transport of a store counts.</summary>
internal sealed class TransportMetrics(StoreId store)
{
    private static readonly Meter Meter = TinyKvTelemetry.Meter;

    private static readonly Counter<long> SentBatches = Meter.CreateCounter<long>(
        "tinykv.transport.sent_batches", "{batch}", "Batches to other stores.");

    private static readonly Counter<long> SentMessages = Meter.CreateCounter<long>(
        "tinykv.transport.sent_messages", "{message}", "Raft messages in the batches to other stores.");

    private static readonly Counter<long> SentBytes = Meter.CreateCounter<long>(
        "tinykv.transport.sent", "By", "Size of the batches to other stores, about.");

    private static readonly Counter<long> ReceivedBatches = Meter.CreateCounter<long>(
        "tinykv.transport.received_batches", "{batch}", "Batches from other stores.");

    private static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>(
        "tinykv.transport.received", "By", "Size of the batches from other stores.");

    private static readonly Counter<long> DroppedBatches = Meter.CreateCounter<long>(
        "tinykv.transport.dropped_batches", "{batch}", "Batches that were not listened to, by reason.");

    private static readonly Counter<long> UnsentBatches = Meter.CreateCounter<long>(
        "tinykv.transport.unsent_batches", "{batch}", "Batches that no connection to their store took.");

    private static readonly Counter<long> RefusedLinks = Meter.CreateCounter<long>(
        "tinykv.transport.refused_connections", "{connection}", "Connections to the Raft port that were refused.");

    private readonly TagList _tags = new() { { "store", (long)store.Value } };
    private readonly TagList _malformed = new() { { "store", (long)store.Value }, { "reason", "malformed" } };
    private readonly TagList _stranger = new() { { "store", (long)store.Value }, { "reason", "stranger" } };

    private readonly TagList _unaccepted = new() { { "store", (long)store.Value }, { "reason", "unaccepted" } };

    public void Sent(int messages, long bytes)
    {
        SentBatches.Add(1, _tags);
        SentMessages.Add(messages, _tags);
        SentBytes.Add(bytes, _tags);
    }

    public void Received(int bytes)
    {
        ReceivedBatches.Add(1, _tags);
        ReceivedBytes.Add(bytes, _tags);
    }

    public void Unsent() => UnsentBatches.Add(1, _tags);

    public void RefusedLink() => RefusedLinks.Add(1, _tags);

    public void DroppedMalformed() => DroppedBatches.Add(1, _malformed);

    public void DroppedStranger() => DroppedBatches.Add(1, _stranger);

    public void DroppedUnaccepted() => DroppedBatches.Add(1, _unaccepted);
}
