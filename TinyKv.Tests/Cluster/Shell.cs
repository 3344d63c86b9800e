using System.Diagnostics;
using TinyKv.Host.Cli.Playground;

namespace TinyKv.Tests.Clusters;

/// <summary>Scripts that run this program, and these tests as a program.</summary>
internal static class Shell
{
    /// <summary>Runs a script to which this program with the arguments is <c>"$@"</c>.</summary>
    public static async Task<(string Output, string Error)> RunAsync(
        string script, Dictionary<string, string> variables, params string[] arguments)
    {
        var program = StoreProcess.ThisProgram(arguments);
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        foreach (var argument in (string[])["-c", script, "sh", program.FileName, .. program.ArgumentList])
            start.ArgumentList.Add(argument);
        using var shell = Process.Start(start)!;
        var (output, error) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return (await output, await error);
    }

    /// <summary>How to run these tests as a program.</summary>
    public static ProcessStartInfo Tests(string verb)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
        start.ArgumentList.Add(typeof(Shell).Assembly.Location);
        start.ArgumentList.Add(verb);
        return start;
    }
}
