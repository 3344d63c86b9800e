using System.Buffers;
using System.CommandLine;
using TinyKv.Client;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw</c>: keys, batches and ranges, without transactions.</summary>
internal static class RawCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var raw = new Command("raw", "Reads and writes keys, batches and ranges, without transactions");
        options.AddToGroup(raw);
        foreach (var command in OfOneKey(host, options)) raw.Subcommands.Add(command);
        raw.Subcommands.Add(RawConditionalCommands.PutIfAbsent(host, options));
        raw.Subcommands.Add(RawConditionalCommands.CompareAndSet(host, options));
        raw.Subcommands.Add(RawBatchCommands.Get(host, options));
        raw.Subcommands.Add(RawBatchCommands.Put(host, options));
        raw.Subcommands.Add(RawBatchCommands.Delete(host, options));
        raw.Subcommands.Add(RawDeleteRangeCommand.Create(host, options));
        raw.Subcommands.Add(RawScanCommand.Create(host, options));
        raw.Subcommands.Add(RawImportCommand.Create(host, options));
        raw.Subcommands.Add(RawExportCommand.Create(host, options));
        return raw;
    }

    /// <summary><c>get</c>, <c>put</c> and <c>delete</c>, which stand beside <c>raw</c> as well as below it.</summary>
    public static IEnumerable<Command> OfOneKey(CliHost host, CommonOptions options) =>
        [Get(host, options), Put(host, options), Delete(host, options)];

    private static Argument<string> KeyArgument() => new("KEY") { Description = "The key" };

    private static Command Get(CliHost host, CommonOptions options)
    {
        var keyArgument = KeyArgument();
        var command = new Command("get", "Prints the value of a key") { keyArgument };
        options.AddTo(command, options.Family, options.Hex, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var text = arguments.GetRequiredValue(keyArgument);
            var key = KeyText.ParseKey("KEY", text, hex);
            var format = arguments.GetValue(options.Format) ?? OutputFormat.Table;
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var value = await cluster.Raw.GetAsync(key, arguments.GetValue(options.Family), cancellation);
            if (value is null)
            {
                await host.Error.WriteLineAsync($"tinykv: there is no key '{KeyText.Display(key, hex)}'");
                return ExitCode.Failure;
            }
            await host.Output.WriteAsync(Render(new RawPair(key, value), format, hex), cancellation);
            await host.Output.FlushAsync(cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>For people the value alone, byte for byte, and an end of line.</summary>
    private static ReadOnlyMemory<byte> Render(RawPair pair, OutputFormat format, bool hex)
    {
        if (format == OutputFormat.Table)
            return hex ? CliHost.Utf8.GetBytes(Convert.ToHexStringLower(pair.Value) + '\n') : (byte[])
                [.. pair.Value, (byte)'\n'];
        var buffer = new ArrayBufferWriter<byte>();
        PairCodec.For(format, hex).Write(buffer, pair);
        return buffer.WrittenMemory;
    }

    private static Command Put(CliHost host, CommonOptions options)
    {
        var keyArgument = KeyArgument();
        var valueArgument = new Argument<string>("VALUE") { Description = "The value; may be empty" };
        var command = new Command("put", "Sets a key; says nothing when it is done") { keyArgument, valueArgument };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var key = KeyText.ParseKey("KEY", arguments.GetRequiredValue(keyArgument), hex);
            var value = KeyText.ParseValue("VALUE", arguments.GetRequiredValue(valueArgument), hex);
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await cluster.Raw.PutAsync(key, value, arguments.GetValue(options.Family), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Delete(CliHost host, CommonOptions options)
    {
        var keyArgument = KeyArgument();
        var command = new Command("delete", "Removes a key; an absent one is no error") { keyArgument };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var key = KeyText.ParseKey(
                "KEY", arguments.GetRequiredValue(keyArgument), arguments.GetValue(options.Hex));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await cluster.Raw.DeleteAsync(key, arguments.GetValue(options.Family), cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
