using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Host.Cli.Status;

/// <summary>The cluster as tab-separated lines; the first word says what the line is about, and with it which columns
/// there are.</summary>
internal static class StatusTsv
{
    // An empty field would move those behind it, for readers that take any blanks for one separator.
    private const string Nothing = "-";

    public static void Write(TextWriter writer, ClusterView view)
    {
        WriteLine(writer, "cluster", view.ClusterId, view.ClusterName);
        foreach (var store in view.Stores) WriteStore(writer, store);
        foreach (var (store, state, other, reason) in view.Introductions)
            WriteLine(writer, "introduction", store, state, other, reason);
        foreach (var (store, snapshot) in view.Snapshots)
            WriteLine(writer, "snapshot", store, snapshot.RegionId, snapshot.FromStoreId, snapshot.Bytes, snapshot.TotalBytes);
        foreach (var region in view.Regions) Write(writer, region);
    }

    /// <summary>One region.</summary>
    public static void Write(TextWriter writer, RegionView region)
    {
        WriteLine(writer, "region", region.Region.Id, Hex(region.Region.StartKey), Hex(region.Region.EndKey),
            region.Region.RegionEpoch?.ConfVer, region.Region.RegionEpoch?.Version, region.LeaderStore, region.Term);
        foreach (var peer in region.Peers) WritePeer(writer, region, peer);
        foreach (var peer in region.Peers) WriteTroubles(writer, region, peer);
        foreach (var loss in region.DataLosses)
            WriteLine(writer, "data-loss", region.Region.Id, loss.StoreId, loss.AcknowledgedIndex, loss.HeldIndex);
    }

    private static void WriteStore(TextWriter writer, StoreStatusOrError store)
    {
        var status = store.Status;
        var state = status switch { null => "unreachable", { Ready: true } => "ready", _ => "not-ready" };
        WriteLine(writer, "store", store.StoreId, state, status?.GrpcEndpoint ?? store.Address, status?.StatusEndpoint,
            status?.RemotingEndpoint, status?.ProcessId, status?.Version, status?.Journal, status?.ClusterMemberStatus,
            store.Error);
    }

    private static void WritePeer(TextWriter writer, RegionView region, PeerStatus peer) =>
        WriteLine(writer, "peer", region.Region.Id, peer.Peer.Id, peer.Peer.StoreId, peer.Role, peer.Term,
            peer.CommitIndex, peer.AppliedIndex, peer.FirstIndex, peer.LastIndex, peer.LogBytes);

    private static void WriteTroubles(TextWriter writer, RegionView region, PeerStatus peer)
    {
        if (peer.StoppedBecause.Length > 0)
            WriteLine(writer, "stopped", region.Region.Id, peer.Peer.StoreId, peer.StoppedBecause);
        if (peer.RefusedMessages > 0)
            WriteLine(writer, "refused", region.Region.Id, peer.Peer.StoreId, peer.RefusedMessages, peer.LastRefusal);
    }

    private static string Hex(Google.Protobuf.ByteString key) => Convert.ToHexStringLower(key.Span);

    private static void WriteLine(TextWriter writer, params object?[] fields) =>
        writer.Write(string.Join('\t', fields.Select(Field)) + '\n');

    private static string Field(object? value) =>
        KeyText.Display(CliHost.Utf8.GetBytes($"{value}"), hex: false) is { Length: > 0 } text ? text : Nothing;
}
