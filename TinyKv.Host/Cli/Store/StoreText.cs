using Spectre.Console;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Host.Cli.Store;

/// <summary>Stores for people, and as tab-separated lines.</summary>
internal static class StoreText
{
    // An empty field would move those behind it, for readers that take any blanks for one separator.
    private const string Nothing = "-";

    /// <summary>A store's labels by name.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Sorted(StoreDetail store) =>
        store.Labels.OrderBy(label => label.Key, StringComparer.Ordinal);

    public static void WriteTable(IAnsiConsole console, IReadOnlyList<StoreDetail> stores)
    {
        var table = new FittingTable(
            new Column("store", 0), new Column("condition", 0), new Column("grpc", 1), new Column("labels", 2),
            new Column("regions", 3), new Column("leaders", 4), new Column("used", 5), new Column("available", 6),
            new Column("version", 7));
        foreach (var store in stores)
        {
            table.AddRow($"{store.StoreId}", ConditionOf(store), store.GrpcEndpoint, Labels(store),
                Of(store, usage => $"{usage.RegionCount}"), Of(store, usage => $"{usage.LeaderCount}"),
                Of(store, usage => SizeText.Of(usage.UsedBytes)), Of(store, usage => SizeText.Of(usage.AvailableBytes)),
                store.Version);
        }
        FittingTable.WriteLeftOut(console, table.Write(console));
    }

    public static void WriteLines(TextWriter writer, StoreDetail store)
    {
        Line("store", $"{store.StoreId}");
        if (store.Condition.Length > 0) Line("condition", store.Condition);
        if (store.Condition is "disconnected" or "down")
            Line("not heard for", $"{TimeSpan.FromMilliseconds(store.SilenceMs).TotalSeconds:0} s");
        Line("gRPC", store.GrpcEndpoint);
        Line("status", store.StatusEndpoint);
        Line("remoting", store.RemotingEndpoint);
        Line("Raft", store.RaftEndpoint);
        Line("labels", Labels(store));
        Line("version", store.Version);
        Line("data directory", store.DataDirectory);
        if (store.Usage is not { } usage) return;
        Line("regions", $"{usage.RegionCount}, of which {usage.LeaderCount} lead");
        Line("disk", $"{SizeText.Of(usage.UsedBytes)} used, "
            + $"{SizeText.Of(usage.AvailableBytes)} of {SizeText.Of(usage.CapacityBytes)} available");

        void Line(string name, string value) => writer.Write($"{name,-16}{(value.Length > 0 ? value : Nothing)}\n");
    }

    /// <summary>Store, condition, gRPC, status, remoting, Raft, labels, regions, leaders, bytes used, available and in all,
    /// version, revision, data directory.</summary>
    public static void WriteTsv(TextWriter writer, IReadOnlyList<StoreDetail> stores)
    {
        foreach (var store in stores)
        {
            string[] fields =
            [
                $"{store.StoreId}", store.Condition, store.GrpcEndpoint, store.StatusEndpoint, store.RemotingEndpoint,
                store.RaftEndpoint, Labels(store), Of(store, usage => $"{usage.RegionCount}"),
                Of(store, usage => $"{usage.LeaderCount}"), Of(store, usage => $"{usage.UsedBytes}"),
                Of(store, usage => $"{usage.AvailableBytes}"), Of(store, usage => $"{usage.CapacityBytes}"), store.Version,
                $"{store.Revision}", store.DataDirectory,
            ];
            writer.Write(string.Join('\t', fields.Select(field => field.Length > 0 ? field : Nothing)) + '\n');
        }
    }

    private static Cell ConditionOf(StoreDetail store) => new(store.Condition, store.Condition switch
    {
        "up" => Color.Green,
        "disconnected" or "offline" => Color.Yellow,
        "down" => Color.Red,
        _ => null,
    });

    private static string Labels(StoreDetail store) =>
        string.Join(',', Sorted(store).Select(label => $"{label.Key}={label.Value}"));

    private static string Of(StoreDetail store, Func<StoreUsage, string> read) =>
        store.Usage is { } usage ? read(usage) : Nothing;
}
