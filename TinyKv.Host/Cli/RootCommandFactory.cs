using System.CommandLine;
using System.CommandLine.Help;
using TinyKv.Host.Cli.Check;
using TinyKv.Host.Cli.Completion;
using TinyKv.Host.Cli.Playground;
using TinyKv.Host.Cli.Raw;
using TinyKv.Host.Cli.Regions;
using TinyKv.Host.Cli.Server;
using TinyKv.Host.Cli.Status;
using TinyKv.Host.Cli.Store;

namespace TinyKv.Host.Cli;

/// <summary>Puts the commands together.</summary>
public static class RootCommandFactory
{
    /// <summary>The root command with everything below it, over the streams of this process or a test's.</summary>
    public static RootCommand Create(CliHost? host = null) => Create(host ?? CliHost.OfProcess(), new CommonOptions());

    internal static RootCommand Create(CliHost host, CommonOptions options)
    {
        var root = new RootCommand("TinyKv: a distributed key-value database");
        // "/h" and "/?" may be keys.
        var help = root.Options.OfType<HelpOption>().Single();
        foreach (var alias in help.Aliases.Where(alias => alias is not "-h").ToList()) help.Aliases.Remove(alias);
        options.AddToGroup(root);
        root.Subcommands.Add(ServerCommand.Create());
        root.Subcommands.Add(PlaygroundCommand.Create(host));
        root.Subcommands.Add(StatusCommand.Create(host, options));
        root.Subcommands.Add(StoreCommand.Create(host, options));
        root.Subcommands.Add(RegionCommand.Create(host, options));
        root.Subcommands.Add(CheckCommand.Create(host, options));
        foreach (var command in RawCommand.OfOneKey(host, options)) root.Subcommands.Add(command);
        root.Subcommands.Add(RawScanCommand.Create(host, options));
        root.Subcommands.Add(RawCommand.Create(host, options));
        root.Subcommands.Add(CompletionCommand.Create(host));
        root.Subcommands.Add(HelpCommand.Create(root));
        return root;
    }
}
