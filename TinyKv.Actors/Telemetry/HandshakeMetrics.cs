using System.Diagnostics.Metrics;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Telemetry;

namespace TinyKv.Actors.Telemetry;

/// <summary>What the handshake of a store counts.</summary>
internal sealed class HandshakeMetrics(StoreId store)
{
    private static readonly Counter<long> RefusedHellos = TinyKvTelemetry.Meter.CreateCounter<long>(
        "tinykv.transport.refused_hellos", "{hello}", "Introductions of other stores that were not accepted, by reason.");

    public void Refused(string reason) => RefusedHellos.Add(
        1, new KeyValuePair<string, object?>("store", (long)store.Value), new KeyValuePair<string, object?>("reason", reason));

    public static string NameOf(RefusalKind kind) => kind switch
    {
        RefusalKind.Protocol => "protocol",
        RefusalKind.Cluster => "cluster",
        RefusalKind.InitialStores => "initial-stores",
        RefusalKind.Directory => "directory",
        RefusalKind.OldCopy => "old-copy",
        RefusalKind.Removed => "removed",
        _ => "unknown",
    };
}
