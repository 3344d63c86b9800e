using System.Diagnostics;
using System.Text;

namespace TinyKv.Testing.Processes;

/// <summary>One run of a server: of a store, or of the database behind its journal.</summary>
internal sealed class ServerProcess
{
    private readonly Process _process;
    private readonly StringBuilder _complaints = new();
    private long _ending;

    private ServerProcess(Process process, string log)
    {
        _process = process;
        Id = process.Id;
        var output = new StreamWriter(log, append: true) { AutoFlush = true };
        Ended = EndAsync(output);
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>The exit code, once it has ended.</summary>
    public Task<int> Ended { get; }

    /// <summary>What it said on standard error.</summary>
    public string Complaints
    {
        get
        {
            lock (_complaints) return _complaints.ToString();
        }
    }

    /// <summary>The last line of <see cref="Complaints"/>.</summary>
    public string LastWords => Complaints.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault("");

    /// <summary>How long ago a store logged that it ends; null when it has not.</summary>
    public TimeSpan? Ending =>
        Interlocked.Read(ref _ending) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : null;

    /// <summary>Starts one.</summary>
    /// <param name="words">Its command line.</param>
    /// <param name="log">What it logs is appended to this file.</param>
    public static ServerProcess Start(string[] words, string log)
    {
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Its sockets are named after the process id, which is not unique across namespaces.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new ServerProcess(Process.Start(start)!, log);
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await Ended;
    }

    /// <summary>Asks it to stop, and waits for it.</summary>
    public async Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        return await Ended;
    }

    private async Task<int> EndAsync(StreamWriter output)
    {
        await using (output)
        {
            await Task.WhenAll(
                PumpAsync(_process.StandardOutput, output, complaint: false),
                PumpAsync(_process.StandardError, output, complaint: true));
            await _process.WaitForExitAsync();
            return _process.ExitCode;
        }
    }

    private async Task PumpAsync(StreamReader from, StreamWriter to, bool complaint)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (_complaints)
            {
                to.WriteLine(line);
                if (_ending == 0 && line.Contains("The store ends: ", StringComparison.Ordinal))
                    Interlocked.Exchange(ref _ending, Stopwatch.GetTimestamp());
                if (complaint) _complaints.AppendLine(line);
            }
        }
    }
}
