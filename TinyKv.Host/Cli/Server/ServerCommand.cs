using System.CommandLine;
using System.Globalization;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Host.Cli.Parsing;
using TinyKv.Host.Output;
using TinyKv.Server;
using TinyKv.Server.Exit;
using TinyKv.Server.Logging;
using TinyKv.Server.Settings;

namespace TinyKv.Host.Cli.Server;

/// <summary><c>tinykv server</c>: runs one store in the foreground.</summary>
internal static class ServerCommand
{
    private static readonly Option<string> File = new("--config")
    {
        Description = "The HOCON file with the cluster's stores and this store's settings.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<ulong?> StoreId = new("--store-id")
    {
        Description = "Which of the configured stores this is; overrides tinykv.store.id.",
        HelpName = "N",
        CustomParser = result => OptionValues.Number("--store-id", 1, (ulong)long.MaxValue, result),
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Where the store keeps its data; overrides tinykv.store.data-directory.",
        HelpName = "DIR",
    };

    private static readonly Option<string[]> Set = SettingOption.Create(
        "Sets any setting, above all else; may be repeated: --set tinykv.raft.tick-interval=50ms");

    // For parents that must not leave stores behind when they are killed.
    private static readonly Option<bool> ExitWithParent = new("--exit-with-parent")
    {
        Description = "Stops when standard input ends.",
        Hidden = true,
    };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "server", "Runs one store of a cluster until it is stopped by SIGTERM or Ctrl-C.")
        {
            File, StoreId, Data, Set, ExitWithParent,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        PoolThreads.Ensure();
        var error = arguments.InvocationConfiguration.Error;
        LoadedConfig config;
        ServerSettings settings;
        try
        {
            config = ServerConfiguration.Load(
                arguments.GetRequiredValue(File), Environment.GetEnvironmentVariables(), Overrides(arguments));
            settings = config.Read(ServerSettings.Read);
            config.Read(SettingsReader.Read);
        }
        catch (TinyKvException wrong)
        {
            await error.WriteLineAsync($"tinykv: {wrong.Message}");
            // The file may be there later.
            return wrong.InnerException is IOException ? ExitCode.Failure : ExitCode.Usage;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (arguments.GetValue(ExitWithParent)) StandardInput.CancelAtEnd(stop);
        using var logs = ServerLog.Create(settings.Log);
        return await new ServerProcess(
            ProcessOutput.Deadline.Arm, ProcessOutput.Deadline.Await, settings.ShutdownTimeout).RunAsync(
            token => config.UseAsync(known => StoreServer.StartAsync(known, logs, token)),
            logs.CreateLogger(ServerLog.Category), error, stop.Token);
    }

    private static List<(string Option, string Key, string Value)> Overrides(ParseResult arguments)
    {
        var overrides = new List<(string Option, string Key, string Value)>();
        if (arguments.GetValue(StoreId) is { } id)
            overrides.Add((StoreId.Name, "tinykv.store.id", id.ToString(CultureInfo.InvariantCulture)));
        if (arguments.GetValue(Data) is { } directory)
            overrides.Add((Data.Name, "tinykv.store.data-directory", directory));
        return [.. overrides, .. SettingOption.Read(arguments.GetValue(Set))];
    }
}
