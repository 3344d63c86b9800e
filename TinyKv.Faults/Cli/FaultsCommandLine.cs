using System.CommandLine;
using TinyKv.Core;
using TinyKv.Faults.Sandbox;

namespace TinyKv.Faults.Cli;

/// <summary>The commands, and what they have in common.</summary>
internal static class FaultsCommandLine
{
    /// <summary>All is as it must be.</summary>
    public const int Success = 0;

    /// <summary>Something is not, or could not be tried.</summary>
    public const int Failure = 1;

    /// <summary>Runs one command line; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("Does to real stores of TinyKv what happens to real machines, and checks what clients saw")
        {
            CampaignCommand.Create(), PowerCutCommand.Create(),
        };
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // Stores get some seconds to end.
            ProcessTerminationTimeout = TimeSpan.FromSeconds(15),
        };
        try
        {
            return await root.Parse(arguments).InvokeAsync(configuration);
        }
        catch (Exception e) when (e is TinyKvException or OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"tinykv-faults: {(e is TinyKvException ? e.Message : "cancelled")}");
            return Failure;
        }
    }

    /// <summary>Runs a command in namespaces of its own, with a directory that is kept after a failure.</summary>
    public static async Task<int> IsolatedAsync(
        ParseResult arguments, Func<string, CancellationToken, Task<bool>> run, CancellationToken cancellation)
    {
        if (Isolation.Directory is { } inside)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await Isolation.EnterAsync(stop);
            return await run(inside, stop.Token) ? Success : Failure;
        }
        Isolation.RequireTools();
        var directory = Directory.CreateTempSubdirectory("tinykv-faults-").FullName;
        var code = await Isolation.RunInsideAsync(
            arguments.Tokens.Select(token => token.Value), directory, cancellation);
        if (code == Success || cancellation.IsCancellationRequested) Directory.Delete(directory, recursive: true);
        else await Console.Error.WriteLineAsync($"tinykv-faults: logs and disks are in {directory}");
        return code;
    }
}
