using System.CommandLine;
using TinyKv.Client;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Store;

/// <summary><c>tinykv store</c>: the stores as placement knows them.</summary>
internal static class StoreCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var command = new Command("store", "Shows, labels and removes the stores of the cluster");
        command.Subcommands.Add(List(host, options));
        command.Subcommands.Add(Show(host, options));
        command.Subcommands.Add(AddLabels(host, options));
        command.Subcommands.Add(Remove(host, options));
        return command;
    }

    private static Command List(CliHost host, CommonOptions options)
    {
        var command = new Command("list", "Shows the stores of the cluster, and how they are");
        var all = new Option<bool>("--all") { Description = "Show those that were removed, too" };
        options.AddTo(command, options.Format, all);
        command.SetAction((arguments, cancellation) => RunAsync(host, options, arguments, async cluster =>
        {
            var reply = await cluster.Admin.ListStoresAsync(cancellation);
            var shown = reply.Stores.Where(store => arguments.GetValue(all) || store.Condition != "tombstone");
            Print(host, options, arguments, [.. shown], isList: true);
        }, cancellation));
        return command;
    }

    private static Command Show(CliHost host, CommonOptions options)
    {
        var command = new Command("show", "Shows one store");
        var id = NumberArguments.Store();
        command.Arguments.Add(id);
        options.AddTo(command, options.Format);
        command.SetAction((arguments, cancellation) => RunAsync(host, options, arguments, async cluster =>
        {
            var number = arguments.GetRequiredValue(id);
            var reply = await cluster.Admin.ListStoresAsync(cancellation);
            var store = reply.Stores.FirstOrDefault(each => each.StoreId == number)
                ?? throw new TinyKvInvalidRequestException(
                    $"there is no store {number} in the cluster; it has the stores "
                    + string.Join(", ", reply.Stores.Select(each => each.StoreId)));
            Print(host, options, arguments, [store], isList: false);
        }, cancellation));
        return command;
    }

    private static Command AddLabels(CliHost host, CommonOptions options)
    {
        var command = new Command("add-labels", "Sets labels of a store, such as zone=a; zone= removes one");
        var id = NumberArguments.Store();
        var labels = new Argument<string[]>("label")
        {
            Description = "NAME=VALUE; with nothing behind '=' the label is removed",
            Arity = ArgumentArity.OneOrMore,
        };
        labels.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.IndexOf('=', StringComparison.Ordinal) < 1)
                    result.AddError($"'{token.Value}' is not a label: expected NAME=VALUE");
        });
        command.Arguments.Add(id);
        command.Arguments.Add(labels);
        options.AddTo(command, options.Format);
        command.SetAction((arguments, cancellation) => RunAsync(host, options, arguments, async cluster =>
        {
            var changes = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var label in arguments.GetRequiredValue(labels))
            {
                var split = label.IndexOf('=', StringComparison.Ordinal);
                changes[label[..split]] = label[(split + 1)..];
            }
            var store = await cluster.Admin.SetLabelsAsync(
                arguments.GetRequiredValue(id), changes, cancellation: cancellation);
            Print(host, options, arguments, [store], isList: false);
        }, cancellation));
        return command;
    }

    private static Command Remove(CliHost host, CommonOptions options)
    {
        var command = new Command(
            "remove", "Moves the replicas of a store to others and removes it for ever; it may be gone already");
        var id = NumberArguments.Store();
        command.Arguments.Add(id);
        options.AddTo(command, options.Format);
        command.SetAction((arguments, cancellation) => RunAsync(host, options, arguments, async cluster =>
        {
            var store = await cluster.Admin.RemoveStoreAsync(arguments.GetRequiredValue(id), new Said(host.Say), cancellation);
            Print(host, options, arguments, [store], isList: false);
        }, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        CliHost host, CommonOptions options, ParseResult arguments, Func<ICluster, Task> run, CancellationToken cancellation)
    {
        await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
        await run(cluster);
        return ExitCode.Success;
    }

    private static void Print(
        CliHost host, CommonOptions options, ParseResult arguments, IReadOnlyList<StoreDetail> stores, bool isList)
    {
        switch (arguments.GetValue(options.Format) ?? OutputFormat.Table)
        {
            case OutputFormat.Json when isList: StoreJson.WriteList(host.Output, stores); break;
            case OutputFormat.Json: StoreJson.Write(host.Output, stores[0]); break;
            case OutputFormat.Tsv: StoreText.WriteTsv(host.Text, stores); break;
            case var _ when isList: StoreText.WriteTable(host.OutputConsole(), stores); break;
            default: StoreText.WriteLines(host.Text, stores[0]); break;
        }
    }

    private sealed class Said(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}
