using Spectre.Console;
using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;
using Region = TinyKv.Protocol.Wire.Meta.Region;

namespace TinyKv.Host.Cli.Status;

/// <summary>The cluster for people.</summary>
internal static class StatusTables
{
    public static void Write(IAnsiConsole console, ClusterView view)
    {
        console.WriteLine($"cluster {view.ClusterName} ({view.ClusterId})");
        var leftOut = Stores(view).Write(console).ToList();
        foreach (var store in view.Stores.Where(store => store.Status is null))
            console.WriteLine($"store {store.StoreId}: {store.Error}");
        foreach (var introduction in view.Introductions) console.WriteLine(Describe(introduction));
        foreach (var (store, snapshot) in view.Snapshots) console.WriteLine(Describe(store, snapshot));
        leftOut.AddRange(WriteRegions(console, view.Regions));
        FittingTable.WriteLeftOut(console, leftOut);
    }

    /// <summary>One region.</summary>
    public static void Write(IAnsiConsole console, RegionView region) =>
        FittingTable.WriteLeftOut(console, WriteRegions(console, [region]));

    /// <summary>Some regions.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<RegionView> regions) =>
        FittingTable.WriteLeftOut(console, WriteRegions(console, regions));

    private static IReadOnlyList<string> WriteRegions(IAnsiConsole console, IReadOnlyList<RegionView> regions)
    {
        var leftOut = regions.Count > 0 ? Regions(regions).Write(console) : [];
        foreach (var region in regions)
        {
            foreach (var loss in region.DataLosses) console.WriteLine(Describe(region, loss));
            foreach (var peer in region.Peers) WriteTroubles(console, region, peer);
        }
        return leftOut;
    }

    private static void WriteTroubles(IAnsiConsole console, RegionView region, PeerStatus peer)
    {
        var store = $"store {peer.Peer.StoreId}, {region.Title}";
        if (peer.StoppedBecause.Length > 0) console.WriteLine($"{store}: stopped: {peer.StoppedBecause}");
        if (peer.RefusedMessages > 0)
            console.WriteLine($"{store}: refused {Messages(peer.RefusedMessages)}, the last from {peer.LastRefusal}");
    }

    private static string Messages(long count) => count == 1 ? "1 message" : $"{count} messages";

    private static string Describe(Introduction introduction) =>
        $"store {introduction.Store} {(introduction.State == "waits" ? "waits for" : introduction.State)} " +
        $"store {introduction.Other}: {introduction.Reason}";

    private static string Describe(ulong store, SnapshotStatus snapshot) =>
        $"store {store} fetches a copy of {RegionView.TitleOf(snapshot.RegionId)} from store {snapshot.FromStoreId}: "
        + SizeText.Of(snapshot.Bytes) + (snapshot.TotalBytes > 0 ? $" of about {SizeText.Of(snapshot.TotalBytes)}" : "");

    private static string Describe(RegionView region, DataLoss loss) =>
        $"store {loss.StoreId} has lost data: {region.Title} acknowledged up to {loss.AcknowledgedIndex}, " +
        $"held up to {loss.HeldIndex}; it is not counted";

    private static FittingTable Stores(ClusterView view)
    {
        var table = new FittingTable(new("store", 0), new("state", 0), new("gRPC", 0), new("status", 2), new("remoting", 3),
            new("process", 1), new("version", 4), new("journal", 6), new("member", 5));
        foreach (var store in view.Stores) table.AddRow(StoreCells(store));
        return table;
    }

    private static Cell[] StoreCells(StoreStatusOrError store) => store.Status is not { } status
        ? [$"{store.StoreId}", new("unreachable", Color.Red), store.Address, "", "", "", "", "", ""]
        : [$"{store.StoreId}", status.Ready ? new Cell("ready", Color.Green) : new Cell("not ready", Color.Yellow),
            status.GrpcEndpoint, status.StatusEndpoint, status.RemotingEndpoint, $"{status.ProcessId}", status.Version,
            status.Journal, status.ClusterMemberStatus];

    private static FittingTable Regions(IReadOnlyList<RegionView> regions)
    {
        var table = new FittingTable(new("region", 0), new("keys", 5), new("epoch", 8), new("leader", 3), new("term", 4),
            new("peer", 7), new("store", 0), new("role", 0), new("commit", 2), new("applied", 1), new("log", 6));
        foreach (var region in regions)
        {
            Cell[] head = [region.Name, Range(region.Region), Epoch(region.Region),
                region.LeaderStore == 0 ? new Cell("none", Color.Red) : $"store {region.LeaderStore}", $"{region.Term}"];
            foreach (var peer in region.Peers)
            {
                table.AddRow([.. head, .. PeerCells(peer)]);
                Array.Fill(head, "");       // what holds for the region stands beside its first replica
            }
        }
        return table;
    }

    private static Cell[] PeerCells(PeerStatus peer) =>
    [
        $"{peer.Peer.Id}", $"{peer.Peer.StoreId}", Role(peer.Role), $"{peer.CommitIndex}", $"{peer.AppliedIndex}",
        $"{peer.FirstIndex}..{peer.LastIndex}, {SizeText.Of(peer.LogBytes)}",
    ];

    private static Cell Role(string role) => role switch
    {
        "leader" => new Cell(role, Color.Green),
        "follower" => role,
        _ => new Cell(role, Color.Yellow),
    };

    private static string Range(Region region) => region.Id == 0 ? "none"
        : region.StartKey.IsEmpty && region.EndKey.IsEmpty ? "all"
        : $"{Bound(region.StartKey.Span, "first")} to {Bound(region.EndKey.Span, "last")}";

    private static string Bound(ReadOnlySpan<byte> key, string whenOpen) =>
        key.IsEmpty ? whenOpen : KeyText.Display(key, hex: false, max: 32);

    private static string Epoch(Region region) =>
        region.RegionEpoch is { } epoch ? $"{epoch.ConfVer}/{epoch.Version}" : "";
}
