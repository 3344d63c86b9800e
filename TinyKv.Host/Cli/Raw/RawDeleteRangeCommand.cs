using System.CommandLine;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Raw;

/// <summary><c>tinykv raw delete-range</c>: every key of a range, at once.</summary>
internal static class RawDeleteRangeCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var range = new RangeOptions();
        var allOption = new Option<bool>("--all") { Description = "Every key there is; in place of the bounds" };
        var command = new Command("delete-range", "Removes every key of a range, at once") { allOption };
        range.AddTo(command);
        options.AddTo(command, options.Family, options.Hex);
        command.SetAction(async (arguments, cancellation) =>
        {
            var bounded = arguments.GetValue(range.Start) is not null || arguments.GetValue(range.End) is not null;
            if (bounded == arguments.GetValue(allOption))
                throw new UsageException("the range is not clear: expected --start, --end or both, or --all");
            var keys = range.Parse(arguments, arguments.GetValue(options.Hex));
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            await cluster.Raw.DeleteRangeAsync(keys, arguments.GetValue(options.Family), cancellation);
            return ExitCode.Success;
        });
        return command;
    }
}
