using System.Buffers;
using System.CommandLine;
using TinyKv.Client;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw export</c>: all pairs of a range into a file that is whole or not there.</summary>
internal static class RawExportCommand
{
    private const int FlushBytes = 256 * 1024;

    public static Command Create(CliHost host, CommonOptions options)
    {
        var range = new RangeOptions();
        var fileArgument = new Argument<string>("FILE")
        {
            Description = "The file to write, .tsv or .jsonl; - for standard output (tsv unless --format json)",
            DefaultValueFactory = _ => "-",
        };
        var command = new Command("export", "Writes all pairs of a range to a file") { fileArgument };
        range.AddTo(command);
        options.AddTo(command, options.Family, options.Hex, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var file = arguments.GetRequiredValue(fileArgument);
            var format = arguments.GetValue(options.Format);
            var codec = file == "-" ? PairCodec.For(format ?? OutputFormat.Tsv, hex)
                : PairCodec.ForFile(file, format, hex);
            var scan = new RawScan
            {
                Range = range.Parse(arguments, hex),
                Family = arguments.GetValue(options.Family),
            };
            var target = file == "-" ? null : ExportFile.At(file);
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var pairs = cluster.Raw.ScanAsync(scan, cancellation);
            await TransferProgress.RunAsync(host, "exported", totalBytes: null, progress => target is null
                ? WriteAsync(host.Output, pairs, codec, progress, cancellation)
                : target.WriteAsync(output => WriteAsync(output, pairs, codec, progress, cancellation)));
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task<long> WriteAsync(Stream output, IAsyncEnumerable<RawPair> pairs, PairCodec codec,
        Action<ImportProgress> progress, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushBytes);
        long count = 0;
        await foreach (var pair in pairs.WithCancellation(cancellation))
        {
            codec.Write(buffer, pair);
            count++;
            progress(new ImportProgress(count, 0));
            if (buffer.WrittenCount < FlushBytes) continue;
            await output.WriteAsync(buffer.WrittenMemory, cancellation);
            buffer.ResetWrittenCount();
        }
        await output.WriteAsync(buffer.WrittenMemory, cancellation);
        await output.FlushAsync(cancellation);
        return count;
    }
}
