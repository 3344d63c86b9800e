using System.CommandLine;
using TinyKv.Client;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw cas</c> and <c>put-if-absent</c>: writes that look first.</summary>
internal static class RawConditionalCommands
{
    public static Command CompareAndSet(CliHost host, CommonOptions options)
    {
        var keyArgument = new Argument<string>("KEY") { Description = "The key" };
        var expectedOption = Value("--expected", "What the key must hold; without it, it must be absent");
        var desiredOption = Value("--desired", "What the key is to hold; without it, it is removed");
        var command = new Command("cas", "Sets or removes a key if it is as expected")
        {
            keyArgument, expectedOption, desiredOption,
        };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var key = KeyText.ParseKey("KEY", arguments.GetRequiredValue(keyArgument), hex);
            var expected = Parse("--expected", arguments.GetValue(expectedOption), hex);
            var desired = Parse("--desired", arguments.GetValue(desiredOption), hex);
            if (expected is null && desired is null)
                throw new UsageException("nothing is to be done: expected --expected, --desired or both");
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var result = await cluster.Raw.CompareAndSetAsync(
                key, expected, desired, arguments.GetValue(options.Family), cancellation);
            return Report(host, key, result, hex);
        });
        return command;
    }

    public static Command PutIfAbsent(CliHost host, CommonOptions options)
    {
        var keyArgument = new Argument<string>("KEY") { Description = "The key" };
        var valueArgument = new Argument<string>("VALUE") { Description = "The value; may be empty" };
        var command = new Command("put-if-absent", "Sets a key if it is absent") { keyArgument, valueArgument };
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var hex = arguments.GetValue(options.Hex);
            var key = KeyText.ParseKey("KEY", arguments.GetRequiredValue(keyArgument), hex);
            var value = KeyText.ParseValue("VALUE", arguments.GetRequiredValue(valueArgument), hex);
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var result = await cluster.Raw.PutIfAbsentAsync(
                key, value, arguments.GetValue(options.Family), cancellation);
            return Report(host, key, result, hex);
        });
        return command;
    }

    private static int Report(CliHost host, byte[] key, CompareAndSetResult result, bool hex)
    {
        if (result.Succeeded) return ExitCode.Success;
        var holds = result.Previous is { } value
            ? $"holds '{KeyText.Display(value, hex, PairPrinter.ShownBytes)}'" : "is absent";
        host.Error.WriteLine($"tinykv: nothing was done, the key '{KeyText.Display(key, hex)}' {holds}");
        return ExitCode.Failure;
    }

    private static Option<string?> Value(string name, string description) =>
        new(name) { Description = description, HelpName = "VALUE" };

    private static byte[]? Parse(string name, string? text, bool hex) =>
        text is null ? null : KeyText.ParseValue(name, text, hex);
}
