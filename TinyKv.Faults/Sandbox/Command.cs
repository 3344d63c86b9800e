using System.Diagnostics;
using TinyKv.Core;

namespace TinyKv.Faults.Sandbox;

/// <summary>Runs the tools of the system.</summary>
internal static class Command
{
    /// <summary>Runs a program to its end; what it printed.</summary>
    /// <exception cref="TinyKvException">It failed; says what it said.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var (code, output, error) = await TryAsync(program, arguments);
        if (code == 0) return output;
        throw new TinyKvException($"{program} {string.Join(' ', arguments)} ended with {code}: {(output + error).Trim()}");
    }

    /// <summary>Runs a program to its end, whatever becomes of it.</summary>
    public static async Task<(int Code, string Output, string Error)> TryAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Sends a signal to a process; nothing happens when it is gone.</summary>
    public static Task SignalAsync(string signal, int process) => TryAsync("kill", $"-{signal}", $"{process}");
}
