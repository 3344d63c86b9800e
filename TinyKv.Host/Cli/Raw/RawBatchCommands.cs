using System.CommandLine;
using TinyKv.Client;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw batch-get</c>, <c>batch-put</c> and <c>batch-delete</c>: some keys at once.</summary>
internal static class RawBatchCommands
{
    public static Command Get(CliHost host, CommonOptions options)
    {
        var keysArgument = KeysArgument();
        var command = new Command("batch-get", "Prints the values of some keys, in each region as of one moment")
        {
            keysArgument,
        };
        options.AddTo(command, options.Family, options.Hex, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var keys = KeysOf(arguments.GetRequiredValue(keysArgument), hex);
            var format = arguments.GetValue(options.Format) ?? OutputFormat.Table;
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var values = await cluster.Raw.BatchGetAsync(keys, arguments.GetValue(options.Family), cancellation);

            var answers = keys.Zip(values, (key, value) => (Key: key, Value: value)).ToLookup(each => each.Value is null);
            var found = answers[false].Select(each => new RawPair(each.Key, each.Value!));
            await new PairPrinter(host, format, hex).PrintAsync(found, cancellation);
            foreach (var (key, _) in answers[true])
                await host.Error.WriteLineAsync($"tinykv: there is no key '{KeyText.Display(key, hex)}'");
            return answers[true].Any() ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    public static Command Put(CliHost host, CommonOptions options)
    {
        var pairsArgument = new Argument<string[]>("KEY VALUE")
        {
            Description = "Keys, each followed by its value",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("batch-put", "Sets some keys, in each region all or none") { pairsArgument };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var words = arguments.GetRequiredValue(pairsArgument);
            if (words.Length % 2 != 0)
                throw new UsageException($"the key '{words[^1]}' has no value: expected KEY VALUE KEY VALUE ...");
            var pairs = words.Chunk(2).Select(pair => new RawPair(
                KeyText.ParseKey("KEY", pair[0], hex), KeyText.ParseValue("VALUE", pair[1], hex))).ToList();
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await cluster.Raw.BatchPutAsync(pairs, arguments.GetValue(options.Family), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    public static Command Delete(CliHost host, CommonOptions options)
    {
        var keysArgument = KeysArgument();
        var command = new Command("batch-delete", "Removes some keys, in each region all or none; absent ones are no error")
        {
            keysArgument,
        };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var keys = KeysOf(arguments.GetRequiredValue(keysArgument), arguments.GetValue(options.Hex));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await cluster.Raw.BatchDeleteAsync(keys, arguments.GetValue(options.Family), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static Argument<string[]> KeysArgument() =>
        new("KEY") { Description = "The keys", Arity = ArgumentArity.OneOrMore };

    private static List<byte[]> KeysOf(string[] texts, bool hex) =>
        [.. texts.Select(text => KeyText.ParseKey("KEY", text, hex))];
}
