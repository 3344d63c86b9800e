using System.CommandLine;
using TinyKv.Core;
using TinyKv.Persistence;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Playground;

/// <summary><c>tinykv playground</c>: a cluster of real store processes on this machine.</summary>
internal static class PlaygroundCommand
{
    public static Command Create(CliHost host)
    {
        var options = new PlaygroundOptions();
        var command = new Command("playground", "Runs a cluster of store processes on this machine");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellation) =>
        {
            await RunAsync(host, options.Parse(arguments), cancellation);
            return ExitCode.Success;
        });
        return command;
    }

    private static async Task RunAsync(CliHost host, PlaygroundRequest request, CancellationToken cancellation)
    {
        using var directory = PlaygroundDirectory.Open(request.DataDirectory);
        var state = PlaygroundState.LoadOrCreate(request, directory.Path);
        PlaygroundPorts.RequireFree(state.BasePort, state.Stores);
        var connection = state.Journal == JournalSetup.PostgreSql ? request.PostgreSql : null;
        if (state.Journal == JournalSetup.PostgreSql && connection is null
            && !StoreConfigFile.HasConnectionString(directory.PathOf(1)))
            throw new TinyKvException("the journal postgresql needs a connection string: " +
                $"give it in {PlaygroundOptions.PostgreSqlVariable} or with --postgresql");
        // The stores differ only in what the playground decides.
        var first = directory.PathOf(1);
        request.Overrides.Check(StoreConfigFile.FileIn(first), StoreConfigFile.Render(state, 1, first, connection), connection);
        for (var storeId = 1; storeId <= state.Stores; storeId++)
            StoreConfigFile.Write(state, storeId, directory.OfStore(storeId), connection);
        state.Save(directory.Path);
        await new PlaygroundRun(host, state, directory, request.Overrides).RunAsync(cancellation);
    }
}
