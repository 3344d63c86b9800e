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
        Description = "The HOCON file with the cluster's stores and this store's settings; not needed to join a cluster.",
        HelpName = "FILE",
    };

    private static readonly Option<string[]> Join = CreateJoin();

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
            File, Join, StoreId, Data, Set, ExitWithParent,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(File) is null && result.GetResult(Join) is null)
                result.AddError($"{File.Name} is missing, the file with the settings; or {Join.Name}, to join a cluster");
        });
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
                arguments.GetValue(File), Environment.GetEnvironmentVariables(), Overrides(arguments));
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

    private static Option<string[]> CreateJoin() => new("--join")
    {
        Description = "Joins a cluster as a new store: the gRPC address of any of its stores, or of several, with commas; may be "
            + "repeated. Overrides tinykv.cluster.join.",
        HelpName = "HOST:PORT",
        CustomParser = result =>
        {
            var endpoints = result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries)).ToArray();
            if (Array.Find(endpoints, each => !HostPort.TryParse(each, out _)) is { } wrong)
                result.AddError($"--join '{wrong}' is not an address: {HostPort.Expected}");
            return endpoints;
        },
    };

    private static List<(string Option, string Key, string Value)> Overrides(ParseResult arguments)
    {
        var overrides = new List<(string Option, string Key, string Value)>();
        if (arguments.GetValue(Join) is { Length: > 0 } endpoints)
            overrides.Add((Join.Name, "tinykv.cluster.join", $"[{string.Join(", ", endpoints.Select(each => $"\"{each}\""))}]"));
        if (arguments.GetValue(StoreId) is { } id)
            overrides.Add((StoreId.Name, "tinykv.store.id", id.ToString(CultureInfo.InvariantCulture)));
        if (arguments.GetValue(Data) is { } directory)
            overrides.Add((Data.Name, "tinykv.store.data-directory", directory));
        return [.. overrides, .. SettingOption.Read(arguments.GetValue(Set))];
    }
}
