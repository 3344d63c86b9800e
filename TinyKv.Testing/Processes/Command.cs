using System.Diagnostics;
using TinyKv.Core;

namespace TinyKv.Testing.Processes;

/// <summary>
/// Runs other programs to their end: the tools of the system, here and in the tests. Ours, because a library for it would
/// replace only these few lines: servers that run beside a test need their signs of life and their logs all the same.
/// </summary>
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
    public static Task<(int Code, string Output, string Error)> TryAsync(string program, params string[] arguments) =>
        TryAsync(new ProcessStartInfo(program, arguments));

    /// <summary>The same with more to say about how it is started; its streams are closed or read in any case.</summary>
    public static async Task<(int Code, string Output, string Error)> TryAsync(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
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
