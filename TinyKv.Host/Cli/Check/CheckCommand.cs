using System.CommandLine;
using TinyKv.Core;
using TinyKv.Host.Cli.Playground;
using TinyKv.Persistence.Checking;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Check;

/// <summary><c>tinykv check</c>: whether the files of a stopped store are sound.</summary>
internal static class CheckCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var directory = new Argument<string>("DIR") { Description = "The store's data directory" };
        var postgreSql = new Option<string>("--postgresql")
        {
            Description = "The connection string of the journal, if that is in PostgreSQL and is to be checked, too; "
                + $"better in {PlaygroundOptions.PostgreSqlVariable}, because others can see command lines",
            HelpName = "TEXT",
        };
        var command = new Command("check", "Checks the files of a stopped store, and changes none of them")
        {
            directory, postgreSql, options.Format,
        };
        command.SetAction(arguments =>
        {
            var connection = arguments.GetValue(postgreSql)
                ?? Environment.GetEnvironmentVariable(PlaygroundOptions.PostgreSqlVariable);
            var report = Run(arguments.GetRequiredValue(directory), string.IsNullOrEmpty(connection) ? null : connection);
            switch (arguments.GetValue(options.Format) ?? OutputFormat.Table)
            {
                case OutputFormat.Json: CheckJson.Write(host.Output, report); break;
                case OutputFormat.Tsv: CheckText.WriteTsv(host.Text, report); break;
                default: CheckText.WriteLines(host.Text, report); break;
            }
            return report.IsSound ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    // What cannot be checked at all is no damage.
    private static StoreReport Run(string directory, string? postgreSql)
    {
        try
        {
            return StoreCheck.Run(directory, postgreSql);
        }
        catch (TinyKvException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
