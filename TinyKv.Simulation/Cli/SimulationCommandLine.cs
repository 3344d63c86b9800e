using System.CommandLine;
using TinyKv.Core;

namespace TinyKv.Simulation.Cli;

/// <summary>The commands, and what they have in common.</summary>
internal static class SimulationCommandLine
{
    /// <summary>All is as it must be.</summary>
    public const int Success = 0;

    /// <summary>A seed failed, or a planted bug was not found.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>The root command with everything below it.</summary>
    public static RootCommand Create() => new("Simulates TinyKv on one thread: a seed decides all that happens")
    {
        SeedCommand.Core(), SeedCommand.Nodes(), SeedCommand.Snapshots(), BugsCommand.Create(),
    };

    /// <summary>Runs one command line; returns the exit code.</summary>
    public static int Run(string[] arguments)
    {
        var parsed = Create().Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            var command = parsed.CommandResult.Command is RootCommand ? "" : $"{parsed.CommandResult.Command.Name} ";
            Console.Error.WriteLine($"simulation: {parsed.Errors[0].Message} (see '{command}--help')");
            return Usage;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (TinyKvException e)
        {
            Console.Error.WriteLine($"simulation: {e.Message}");
            return Failure;
        }
    }
}
