using System.CommandLine;
using System.Globalization;
using Akka.Configuration;
using TinyKv.Actors.Settings;
using TinyKv.Core;
using TinyKv.Host.Server;

namespace TinyKv.Host.Cli;

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
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Where the store keeps its data; overrides tinykv.store.data-directory.",
        HelpName = "DIR",
    };

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
            File, StoreId, Data, ExitWithParent,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellation)
    {
        PoolThreads.Ensure();
        var error = arguments.InvocationConfiguration.Error;
        Config config;
        ServerSettings settings;
        try
        {
            config = ServerConfiguration.Load(arguments.GetRequiredValue(File), Overrides(arguments));
            settings = ServerSettings.Read(config);
            SettingsReader.Read(config);
        }
        catch (TinyKvException wrong)
        {
            await error.WriteLineAsync($"tinykv: {wrong.Message}");
            return ExitCode.Usage;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (arguments.GetValue(ExitWithParent)) StandardInput.CancelAtEnd(stop);
        using var logs = new ConsoleLoggerProvider(settings.Log);
        return await new ServerProcess(ExitDeadline.Arm, settings.ShutdownTimeout).RunAsync(
            token => StoreServer.StartAsync(config, token), logs.CreateLogger("TinyKv.Server"), error, stop.Token);
    }

    private static List<KeyValuePair<string, string>> Overrides(ParseResult arguments)
    {
        var overrides = new List<KeyValuePair<string, string>>();
        if (arguments.GetValue(StoreId) is { } id)
            overrides.Add(new("tinykv.store.id", id.ToString(CultureInfo.InvariantCulture)));
        if (arguments.GetValue(Data) is { } directory)
            overrides.Add(new("tinykv.store.data-directory", directory));
        return overrides;
    }
}
