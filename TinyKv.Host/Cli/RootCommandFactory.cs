using System.CommandLine;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Cli.Raw;
using TinyKv.Host.Cli.Status;

namespace TinyKv.Host.Cli;

/// <summary>Puts the commands together.</summary>
public static class RootCommandFactory
{
    /// <summary>The root command with everything below it, over the streams of this process or a test's.</summary>
    public static RootCommand Create(CliHost? host = null)
    {
        host ??= CliHost.OfProcess();
        var options = new CommonOptions();
        var root = new RootCommand("TinyKv: a distributed key-value database");
        options.AddTo(root);
        root.Subcommands.Add(ServerCommand.Create());
        root.Subcommands.Add(PlaygroundCommand.Create(host));
        root.Subcommands.Add(RawCommand.Create(host, options));
        root.Subcommands.Add(StatusCommand.Create(host, options));
        return root;
    }
}
