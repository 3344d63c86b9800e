using System.Diagnostics.Metrics;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What is counted of snapshots between stores.</summary>
internal sealed class SnapshotMetrics(StoreId store)
{
    private static readonly Meter Meter = TinyKvTelemetry.Meter;

    private static readonly Counter<long> SentBytes = Meter.CreateCounter<long>(
        "tinykv.snapshot.sent", "By", "Size of the parts of snapshots to other stores.");

    private static readonly Counter<long> ReceivedBytes = Meter.CreateCounter<long>(
        "tinykv.snapshot.received", "By", "Keys and values of snapshots that were taken from other stores.");

    private static readonly Counter<long> DamagedParts = Meter.CreateCounter<long>(
        "tinykv.snapshot.damaged_parts", "{part}", "Parts of snapshots that were asked for again because they were damaged.");

    private static readonly Counter<long> Fetches = Meter.CreateCounter<long>(
        "tinykv.snapshot.fetches", "{snapshot}", "Snapshots that were fetched from other stores, by outcome.");

    private readonly KeyValuePair<string, object?> _store = new("store", (long)store.Value);

    public void Sent(long bytes) => SentBytes.Add(bytes, _store);

    public void Received(long bytes) => ReceivedBytes.Add(bytes, _store);

    public void Damaged() => DamagedParts.Add(1, _store);

    public void Fetched(string outcome) => Fetches.Add(1, _store, new("outcome", outcome));
}
