using System.CommandLine;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Host.Cli.Status;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Regions;

/// <summary><c>tinykv region split</c>: two regions in the place of one.</summary>
internal static class SplitCommand
{
    private const int MaxAttempts = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static Command Create(CliHost host, CommonOptions options)
    {
        var region = NumberArguments.Region();
        var key = new Argument<string>("key") { Description = "The first key of the new region" };
        var command = new Command("split", "Splits a region in two at a key, waits until both are there, and shows them")
        {
            region, key,
        };
        options.AddTo(command, options.Format, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var which = arguments.GetRequiredValue(region);
            var at = KeyText.ParseKey("key", arguments.GetRequiredValue(key), arguments.GetValue(options.Hex));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var split = await cluster.Admin.SplitRegionAsync(which, at, cancellation);
            if (split.SplitAlready) host.Say($"{arguments.GetRequiredValue(key)} is a bound of region {which} already");
            ulong[] halves = split.SplitAlready ? [which] : [which, split.Right.Id];
            var regions = await FindAsync(cluster, halves, cancellation);
            switch (arguments.GetValue(options.Format) ?? OutputFormat.Table)
            {
                case OutputFormat.Json: StatusJson.Write(host.Output, regions); break;
                case OutputFormat.Tsv:
                    foreach (var each in regions) StatusTsv.Write(host.Text, each);
                    break;
                default: StatusTables.Write(host.OutputConsole(), regions); break;
            }
            return ExitCode.Success;
        });
        return command;
    }

    // What was just split off may be on no store that answers at once.
    private static async Task<IReadOnlyList<RegionView>> FindAsync(
        ICluster cluster, ulong[] numbers, CancellationToken cancellation)
    {
        for (var attempts = 1; ; attempts++)
        {
            var all = ClusterView.Of(await cluster.GetStoreStatusesAsync(cancellation)).Regions;
            List<RegionView> found = [.. all.Where(region => numbers.Contains(region.Region.Id))];
            if (found.Count == numbers.Length || attempts == MaxAttempts) return found;
            await Task.Delay(Pause, cancellation);
        }
    }
}
