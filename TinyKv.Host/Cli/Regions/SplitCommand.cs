using System.CommandLine;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Regions;

/// <summary><c>tinykv region split</c>: two regions in the place of one.</summary>
internal static class SplitCommand
{
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
            await RegionCommand.ShowAsync(cluster, host, options, arguments, which, cancellation);
            if (!split.SplitAlready)
                await RegionCommand.ShowAsync(cluster, host, options, arguments, split.Right.Id, cancellation, isNew: true);
            return ExitCode.Success;
        });
        return command;
    }
}
