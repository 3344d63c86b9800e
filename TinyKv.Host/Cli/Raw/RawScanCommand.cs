using System.Buffers;
using System.CommandLine;
using Spectre.Console;
using TinyKv.Client;
using TinyKv.Core.Keys;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw scan</c>: a screenful of pairs; <c>export</c> is for everything.</summary>
internal static class RawScanCommand
{
    private const int DefaultLimit = 100;

    // A table is for a screen; tsv and json print values whole.
    private const int ShownBytes = 200;

    public static Command Create(CliHost host, CommonOptions options)
    {
        var range = new RangeOptions();
        var limitOption = new Option<int>("--limit")
        {
            Description = $"The most pairs to print, 1 to {Limits.MaxScanLimit}",
            HelpName = "N",
            DefaultValueFactory = _ => DefaultLimit,
        };
        limitOption.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }]
                && (!int.TryParse(text, out var limit) || limit is < 1 or > Limits.MaxScanLimit))
                result.AddError($"--limit '{text}' is out of range: expected 1 to {Limits.MaxScanLimit}; " +
                    "'raw export' prints everything");
        });
        var keysOnlyOption = new Option<bool>("--keys-only") { Description = "Leave the values out" };
        var command = new Command("scan", "Prints the pairs of a range in the order of their keys")
        {
            limitOption, keysOnlyOption,
        };
        range.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var scan = new RawScan
            {
                Range = range.Parse(arguments, hex),
                Limit = arguments.GetValue(limitOption),
                KeysOnly = arguments.GetValue(keysOnlyOption),
                Family = arguments.GetValue(options.Family),
            };
            var format = arguments.GetValue(options.Format) ?? OutputFormat.Table;
            await using var cluster = await host.Connect(options.ClientOptions(arguments), cancellation);
            var pairs = cluster.Raw.ScanAsync(scan, cancellation);
            var count = format == OutputFormat.Table ? await PrintTableAsync(host, pairs, scan, hex)
                : await PrintLinesAsync(host, pairs, scan, PairCodec.For(format, hex), cancellation);
            if (count == scan.Limit)
                host.Error.WriteLine($"tinykv: stopped at the limit of {count}, there may be more (--limit)");
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<int> PrintTableAsync(
        CliHost host, IAsyncEnumerable<RawPair> pairs, RawScan scan, bool hex)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("key");
        if (!scan.KeysOnly) table.AddColumn("value");
        var count = 0;
        await foreach (var pair in pairs)
        {
            count++;
            var key = new Text(KeyText.Display(pair.Key, hex));
            if (scan.KeysOnly) table.AddRow(key);
            else table.AddRow(key, new Text(KeyText.Display(pair.Value, hex, ShownBytes)));
        }
        host.OutputConsole().Write(table);
        return count;
    }

    private static async Task<int> PrintLinesAsync(CliHost host, IAsyncEnumerable<RawPair> pairs, RawScan scan,
        PairCodec codec, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var count = 0;
        await foreach (var pair in pairs)
        {
            count++;
            codec.Write(buffer, pair, scan.KeysOnly);
            await host.Output.WriteAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
        await host.Output.FlushAsync(cancellation);
        return count;
    }
}
