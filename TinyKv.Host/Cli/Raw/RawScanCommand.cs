using System.CommandLine;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv scan</c>: a screenful of pairs; <c>export</c> is for everything.</summary>
internal static class RawScanCommand
{
    private const int DefaultLimit = 100;

    public static Command Create(CliHost host, CommonOptions options)
    {
        var range = new RangeOptions();
        var limitOption = new Option<int?>("--limit")
        {
            Description = $"The most pairs to print, 1 to {Limits.MaxScanLimit}; 'raw export' prints everything "
                + $"[default: {DefaultLimit}]",
            HelpName = "N",
            CustomParser = result => OptionValues.Number("--limit", 1, Limits.MaxScanLimit, result),
        };
        var keysOnlyOption = new Option<bool>("--keys-only") { Description = "Leave the values out" };
        var reverseOption = new Option<bool>("--reverse") { Description = "From the last key downwards" };
        var command = new Command("scan", "Prints the pairs of a range in the order of their keys")
        {
            limitOption, keysOnlyOption, reverseOption,
        };
        range.AddTo(command);
        options.AddTo(command, options.Family, options.Hex, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var scan = new RawScan
            {
                Range = range.Parse(arguments, hex),
                Limit = arguments.GetValue(limitOption) ?? DefaultLimit,
                Reverse = arguments.GetValue(reverseOption),
                KeysOnly = arguments.GetValue(keysOnlyOption),
                Family = arguments.GetValue(options.Family),
            };
            var format = arguments.GetValue(options.Format) ?? OutputFormat.Table;
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var count = await new PairPrinter(host, format, hex, scan.KeysOnly)
                .PrintAsync(cluster.Raw.ScanAsync(scan, cancellation), cancellation);
            if (count == scan.Limit)
                await host.Error.WriteLineAsync($"tinykv: stopped at the limit of {count}, there may be more (--limit)");
            return ExitCode.Success;
        });
        return command;
    }
}
