using System.Diagnostics;
using TinyKv.Host.Cli.Playground;
using TinyKv.Testing.Processes;

namespace TinyKv.Tests.Clusters;

/// <summary>Scripts that run this program, and these tests as a program.</summary>
internal static class Shell
{
    /// <summary>Runs a script to which this program with the arguments is <c>"$@"</c>.</summary>
    public static Task<(int Code, string Output, string Error)> RunAsync(
        string script, Dictionary<string, string> variables, params string[] arguments)
    {
        var program = StoreProcess.ThisProgram(arguments);
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, "sh", program.FileName, .. program.ArgumentList]);
        foreach (var (name, value) in variables) start.Environment[name] = value;
        return Command.TryAsync(start);
    }

    /// <summary>How to run these tests as a program.</summary>
    public static ProcessStartInfo Tests(params string[] words) => Program(typeof(Shell).Assembly.Location, words);

    /// <summary>How to run the program of the simulations: where it was built, with all that it needs beside it.</summary>
    public static ProcessStartInfo Simulation(params string[] words)
    {
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Program(Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, "..", "..", "TinyKv.Simulation", configuration, "TinyKv.Simulation.dll")), words);
    }

    private static ProcessStartInfo Program(string assembly, string[] words) =>
        new("dotnet", [assembly, .. words]) { UseShellExecute = false };
}
