using System.Text.Json;
using Spectre.Console;

namespace TinyKv.Benchmarks.Idle;

/// <summary>What idle stores use, and who wakes them.</summary>
internal static class IdleReport
{
    // Who wakes a store less often than this is not worth a line.
    private const double LeastSwitchesPerSecond = 0.5;

    private static readonly JsonSerializerOptions Json =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>A line for each store, and their mean.</summary>
    public static Table Stores(IReadOnlyCollection<StoreUse> stores)
    {
        var table = TableOf("build", "store", "leads", "% of a core", "switches/s");
        foreach (var build in stores.GroupBy(store => store.Build))
        {
            foreach (var store in build)
                table.AddRow(store.Build, $"{store.Store}", $"{store.Leads}", $"{store.PercentOfCore:0.00}",
                    $"{store.SwitchesPerSecond:0}");
            table.AddRow(build.Key, "mean", "", $"{build.Average(store => store.PercentOfCore):0.00}",
                $"{build.Average(store => store.SwitchesPerSecond):0}");
        }
        return table;
    }

    /// <summary>The threads of a store, the busiest first; the mean of all stores.</summary>
    public static Table Threads(IReadOnlyCollection<StoreUse> stores)
    {
        var table = TableOf("build", "threads", "% of a core", "switches/s");
        foreach (var build in stores.GroupBy(store => store.Build))
        {
            var count = (double)build.Count();
            var threads = build.SelectMany(store => store.Threads).GroupBy(thread => thread.Name)
                .Select(same => new ThreadUse(same.Key, same.Sum(thread => thread.PercentOfCore) / count,
                    same.Sum(thread => thread.SwitchesPerSecond) / count));
            foreach (var thread in threads.Where(thread => thread.SwitchesPerSecond >= LeastSwitchesPerSecond)
                .OrderByDescending(thread => thread.PercentOfCore))
                table.AddRow(build.Key, Markup.Escape(thread.Name), $"{thread.PercentOfCore:0.000}",
                    $"{thread.SwitchesPerSecond:0.0}");
        }
        return table;
    }

    /// <summary>Everything that was measured, for programs.</summary>
    public static string ToJson(IReadOnlyCollection<StoreUse> stores) => JsonSerializer.Serialize(stores, Json);

    private static Table TableOf(params string[] titles)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var title in titles) table.AddColumn(new TableColumn(title).NoWrap());
        return table;
    }
}
