using System.CommandLine;
using TinyKv.Core;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw import</c>: a file of pairs into the cluster.</summary>
internal static class RawImportCommand
{
    // An import outlives the pause of a change of leader, and then some.
    private static readonly TimeSpan PutTimeout = TimeSpan.FromSeconds(60);

    public static Command Create(CliHost host, CommonOptions options)
    {
        var fileArgument = new Argument<string>("FILE")
        {
            Description = "A file of pairs, .tsv or .jsonl, of any size; - for standard input (with --format)",
        };
        var command = new Command("import", "Stores the pairs of a file") { fileArgument };
        options.AddTo(command, options.Family, options.Hex, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var file = arguments.GetRequiredValue(fileArgument);
            var codec = PairCodec.ForFile(
                file, arguments.GetValue(options.Format), arguments.GetValue(options.Hex));
            if (Directory.Exists(file)) throw new TinyKvException($"{file} is a directory: expected a file");
            await using var input = file == "-" ? host.Input : File.OpenRead(file);
            // A write whose outcome is unknown is repeated: the file says what the value is to be in the end.
            var clientOptions = options.ClientOptions(arguments, host) with
            {
                RetryUndeterminedWrites = true,
                Timeout = arguments.GetValue(options.Timeout) ?? PutTimeout,
            };
            await using var cluster = await host.Connect(clientOptions, cancellation);
            var importer = new Importer(cluster.Raw, arguments.GetValue(options.Family), codec,
                new LineReader(input, PairCodec.MaxLineBytes), ImportWindow.Default);
            await TransferProgress.RunAsync(host, "imported", input.CanSeek ? input.Length : null,
                progress => importer.RunAsync(progress, cancellation));
            return ExitCode.Success;
        });
        return command;
    }
}
