using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>strace, which tells what system calls of a process do, and changes it.</summary>
internal sealed class SystemCallTrace : IDisposable
{
    private readonly Process _strace;

    private SystemCallTrace(Process strace) => _strace = strace;

    /// <summary>Attaches to all threads of a process.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="file">What the calls did is written there.</param>
    /// <param name="options">Which calls, and what is done to them, as strace says it.</param>
    /// <exception cref="TinyKvException">strace may not, or the process is gone.</exception>
    public static async Task<SystemCallTrace> AttachAsync(int process, string file, params string[] options)
    {
        var strace = Process.Start(new ProcessStartInfo("strace", ["-f", "-p", $"{process}", .. options, "-o", file])
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        // It says so for each thread, or why it may not.
        var line = await strace.StandardError.ReadLineAsync() ?? "";
        if (!line.Contains("attached", StringComparison.Ordinal))
        {
            strace.Dispose();
            throw new TinyKvException($"strace cannot attach to process {process}: {line}");
        }
        _ = strace.StandardError.ReadToEndAsync();
        return new SystemCallTrace(strace);
    }

    /// <summary>Attaches to all threads of a process and does something to some of their calls.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="inject">What to do to which calls, as strace's <c>inject</c> says it.</param>
    /// <exception cref="TinyKvException">strace may not, or the process is gone.</exception>
    public static Task<SystemCallTrace> InjectAsync(int process, string inject) =>
        AttachAsync(process, "/dev/null", "-e", $"trace={inject.Split(':')[0]}", "-e", $"inject={inject}");

    /// <summary>Waits until the process has ended.</summary>
    public Task EndAsync() => _strace.WaitForExitAsync();

    /// <summary>Lets the process go.</summary>
    public async Task DetachAsync()
    {
        await Command.SignalAsync("INT", _strace.Id);
        await EndAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_strace.HasExited) _strace.Kill();
        _strace.Dispose();
    }
}
