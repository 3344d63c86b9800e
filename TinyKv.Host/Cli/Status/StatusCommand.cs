using System.CommandLine;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Status;

/// <summary><c>tinykv status</c>: the stores, the regions and their replicas.</summary>
internal static class StatusCommand
{
    public static Command Create(CliHost host, CommonOptions options)
    {
        var command = new Command("status", "Shows the stores, the regions and their replicas");
        options.AddTo(command, options.Format);
        command.SetAction(async (arguments, cancellation) =>
        {
            await using var cluster = await host.Connect(options.ClientOptions(arguments, host), cancellation);
            var view = ClusterView.Of(await cluster.GetStoreStatusesAsync(cancellation));
            switch (arguments.GetValue(options.Format) ?? OutputFormat.Table)
            {
                case OutputFormat.Json: StatusJson.Write(host.Output, view); break;
                case OutputFormat.Tsv: StatusTsv.Write(host.Text, view); break;
                default: StatusTables.Write(host.OutputConsole(), view); break;
            }
            if (view.IsKnown) return ExitCode.Success;
            await host.Error.WriteLineAsync("tinykv: no store of the cluster answered");
            return ExitCode.Failure;
        });
        return command;
    }
}
