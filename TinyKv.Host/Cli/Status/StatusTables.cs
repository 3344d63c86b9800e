using System.Globalization;
using Spectre.Console;
using TinyKv.Client;
using TinyKv.Protocol.Wire.V1;
using Region = TinyKv.Protocol.Wire.Meta.Region;

namespace TinyKv.Host.Cli.Status;

/// <summary>The cluster for people.</summary>
internal static class StatusTables
{
    public static void Write(IAnsiConsole console, ClusterView view)
    {
        console.WriteLine($"cluster {view.ClusterName} ({view.ClusterId})");
        console.Write(Stores(view));
        foreach (var store in view.Stores.Where(store => store.Status is null))
            console.WriteLine($"store {store.StoreId}: {store.Error}");
        foreach (var line in Strangers(view)) console.WriteLine(line);
        console.Write(Regions(view));
        foreach (var region in view.Regions)
        {
            foreach (var loss in region.DataLosses) console.WriteLine(Describe(region, loss));
            foreach (var peer in region.Peers) WriteTroubles(console, region, peer);
        }
    }

    private static void WriteTroubles(IAnsiConsole console, RegionView region, PeerStatus peer)
    {
        var store = $"store {peer.Peer.StoreId}, {region.Name}";
        if (peer.StoppedBecause.Length > 0) console.WriteLine($"{store}: stopped: {peer.StoppedBecause}");
        if (peer.RefusedMessages > 0)
            console.WriteLine($"{store}: refused {peer.RefusedMessages} messages; the last of {peer.LastRefusal}");
    }

    // That one which has ended is not there is no news; who keeps a cluster from being formed, or is refused, is.
    private static IEnumerable<string> Strangers(ClusterView view) =>
        from store in view.Stores
        where store.Status is not null
        from other in store.Status!.Acquaintances
        where other.State is "refused" or "refuses" || (other.State is "waiting" && !store.Status!.Formed)
        select other.State switch
        {
            "waiting" => $"store {store.StoreId} waits for store {other.StoreId}: {other.Reason}",
            "refused" => $"store {store.StoreId} refuses store {other.StoreId}: {other.Reason}",
            _ => $"store {other.StoreId} refuses store {store.StoreId}: {other.Reason}",
        };

    private static string Describe(RegionView region, DataLoss loss) =>
        $"store {loss.StoreId} has lost data: region {region.Name} acknowledged up to {loss.AcknowledgedIndex}, " +
        $"held up to {loss.HeldIndex}; it is not counted";

    private static Table Stores(ClusterView view)
    {
        var table = Table("store", "state", "gRPC", "status", "remoting", "process", "version", "journal", "member");
        foreach (var store in view.Stores) table.AddRow(Cells(StoreCells(store)));
        return table;
    }

    private static string[] StoreCells(StoreStatusOrError store) => store.Status is not { } status
        ? [$"{store.StoreId}", "unreachable", store.Address, "", "", "", "", "", ""]
        : [$"{store.StoreId}", status.Ready ? "ready" : "not ready", status.GrpcEndpoint, status.StatusEndpoint,
            status.RemotingEndpoint, $"{status.ProcessId}", status.Version, status.Journal,
            status.ClusterMemberStatus];

    private static Table Regions(ClusterView view)
    {
        var table = Table("region", "keys", "epoch", "leader", "term", "peer", "role", "commit", "applied", "log");
        foreach (var region in view.Regions)
        {
            string[] head = [region.Name, Range(region.Region), Epoch(region.Region),
                region.LeaderStore == 0 ? "none" : $"store {region.LeaderStore}", $"{region.Term}"];
            foreach (var peer in region.Peers)
            {
                table.AddRow(Cells([.. head, .. PeerCells(peer)]));
                Array.Fill(head, "");       // what holds for the region stands beside its first replica
            }
        }
        return table;
    }

    private static string[] PeerCells(PeerStatus peer) =>
    [
        $"{peer.Peer.Id} on store {peer.Peer.StoreId}", peer.Role, $"{peer.CommitIndex}", $"{peer.AppliedIndex}",
        $"{peer.FirstIndex}..{peer.LastIndex}, {Bytes(peer.LogBytes)}",
    ];

    private static string Range(Region region) => region.Id == 0 ? "none"
        : region.StartKey.IsEmpty && region.EndKey.IsEmpty ? "all"
        : $"{Bound(region.StartKey.Span, "first")} to {Bound(region.EndKey.Span, "last")}";

    private static string Bound(ReadOnlySpan<byte> key, string whenOpen) =>
        key.IsEmpty ? whenOpen : KeyText.Display(key, hex: false, most: 32);

    private static string Epoch(Region region) =>
        region.RegionEpoch is { } epoch ? $"{epoch.ConfVer}/{epoch.Version}" : "";

    private static string Bytes(long count) => count switch
    {
        < 10_240 => $"{count} B",
        < 10_240 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{count / 1024.0:0.0} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{count / 1048576.0:0.0} MiB"),
    };

    private static Table Table(params string[] columns) =>
        new Table().Border(TableBorder.Rounded).AddColumns(columns);

    // Cells are text, never markup: a key or a message may hold brackets.
    private static Text[] Cells(string[] cells) => Array.ConvertAll(cells, cell => new Text(cell));
}
