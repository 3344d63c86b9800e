using System.CommandLine;
using TinyKv.Client;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Host.Cli.Status;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Regions;

/// <summary><c>tinykv region</c>: the replicas of a region, and which of them leads.</summary>
internal static class RegionCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var command = new Command("region", "Shows a region, and changes on which stores it is and which leads");
        command.Subcommands.Add(Show(host, options));
        command.Subcommands.Add(PeerCommands.Add(host, options));
        command.Subcommands.Add(PeerCommands.Remove(host, options));
        command.Subcommands.Add(TransferLeader(host, options));
        command.Subcommands.Add(SplitCommand.Create(host, options));
        return command;
    }

    private static Command Show(CliHost host, CommonOptions options)
    {
        var command = new Command("show", "Shows a region and its replicas, as the stores say themselves");
        var region = NumberArguments.Region();
        command.Arguments.Add(region);
        options.AddTo(command, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await ShowAsync(cluster, host, options, arguments, arguments.GetRequiredValue(region), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command TransferLeader(CliHost host, CommonOptions options)
    {
        var command = new Command(
            "transfer-leader", "Lets the replica on a store lead a region, waits until it does, and shows the region");
        var region = NumberArguments.Region();
        var store = NumberArguments.Store();
        command.Arguments.Add(region);
        command.Arguments.Add(store);
        options.AddTo(command, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var (which, to) = (arguments.GetRequiredValue(region), arguments.GetRequiredValue(store));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            if (!await cluster.Admin.TransferLeaderAsync(which, to, cancellation))
                host.Say($"store {to} leads {RegionView.TitleOf(which)} already");
            await ShowAsync(cluster, host, options, arguments, which, cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static async Task ShowAsync(
        ICluster cluster, CliHost host, CommonOptions options, ParseResult arguments, ulong number,
        CancellationToken cancellation)
    {
        var view = ClusterView.Of(await cluster.GetStoreStatusesAsync(cancellation));
        var region = view.Regions.FirstOrDefault(each => each.Region.Id == number)
            ?? throw new TinyKvInvalidRequestException(
                $"no store that answered has a replica of {RegionView.TitleOf(number)}; there are "
                + (view.Regions.Count == 0 ? "none" : string.Join(", ", view.Regions.Select(each => each.Title))));
        switch (arguments.GetValue(options.Format) ?? OutputFormat.Table)
        {
            case OutputFormat.Json: StatusJson.Write(host.Output, region); break;
            case OutputFormat.Tsv: StatusTsv.Write(host.Text, region); break;
            default: StatusTables.Write(host.OutputConsole(), region); break;
        }
    }
}
