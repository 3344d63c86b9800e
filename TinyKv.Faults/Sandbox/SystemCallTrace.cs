using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Testing.Processes;

namespace TinyKv.Faults.Sandbox;

/// <summary>strace, which tells what system calls of a process do, and changes it.</summary>
internal sealed class SystemCallTrace : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly Process _strace;
    private readonly string _said; // the file with what it has said

    private SystemCallTrace(Process strace, string said) => (_strace, _said) = (strace, said);

    /// <summary>Attaches to all threads of a process.</summary>
    /// <param name="process">Its id.</param>
    /// <param name="file">What the calls did is written there.</param>
    /// <param name="options">Which calls, and what is done to them, as strace says it.</param>
    /// <exception cref="TinyKvException">strace may not, or the process is gone.</exception>
    public static async Task<SystemCallTrace> AttachAsync(int process, string file, params string[] options)
    {
        // Not into a pipe: it says a line for each thread, and the process, which may be this one, is stopped meanwhile.
        var said = Path.GetTempFileName();
        var script = "said=$1; shift; exec strace \"$@\" 2> \"$said\"";
        var trace = new SystemCallTrace(Process.Start(new ProcessStartInfo(
            "sh", ["-c", script, "sh", said, "-f", "-p", $"{process}", .. options, "-o", file])
        {
            UseShellExecute = false,
        })!, said);
        var text = "";
        while (!text.Contains('\n', StringComparison.Ordinal) && !trace._strace.HasExited)
        {
            await Task.Delay(Pause);
            text = await File.ReadAllTextAsync(said);
        }
        if (text.Contains("attached", StringComparison.Ordinal)) return trace;
        trace.Dispose();
        throw new TinyKvException($"strace cannot attach to process {process}: {text.Split('\n')[0]}");
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
        File.Delete(_said);
    }
}
