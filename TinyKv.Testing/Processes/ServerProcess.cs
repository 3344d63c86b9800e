using System.Diagnostics;
using System.Text;

namespace TinyKv.Testing.Processes;

/// <summary>
/// One run of a server beside this process: of a store, of the database behind its journal, of another system. Its
/// standard input is the sign of our life: what ends with it, such as a store with <c>--exit-with-parent</c> or a program
/// through <see cref="ParentGuard"/>, is not left behind however this process ends.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>What <see cref="Ended"/> says of a process that was killed.</summary>
    public const int Killed = 128 + 9;

    private readonly Process _process;
    private readonly StringBuilder _complaints = new();
    private long _ending;

    private ServerProcess(Process process, StreamWriter log)
    {
        _process = process;
        Id = process.Id;
        Ended = EndAsync(log);
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>The exit code, once it has ended and all that it said is in the log.</summary>
    public Task<int> Ended { get; }

    /// <summary>What it said on standard error.</summary>
    public string Complaints
    {
        get
        {
            lock (_complaints) return _complaints.ToString();
        }
    }

    /// <summary>Its last line on standard error that is not a frame of a stack trace, which are indented.</summary>
    public string LastComplaint => Complaints.Split('\n')
        .LastOrDefault(line => line.Length > 0 && !char.IsWhiteSpace(line[0]), "it did not say why");

    /// <summary>How long ago a store logged that it ends; null when it has not.</summary>
    public TimeSpan? Ending =>
        Interlocked.Read(ref _ending) is not 0 and var since ? Stopwatch.GetElapsedTime(since) : null;

    /// <summary>Starts one.</summary>
    /// <param name="start">Its command line and environment.</param>
    /// <param name="log">What it says is appended to this file.</param>
    public static ServerProcess Start(ProcessStartInfo start, string log)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        // Its sockets are named after the process id, which is not unique across namespaces.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var output = new StreamWriter(log, append: true) { AutoFlush = true };
        try
        {
            return new ServerProcess(Process.Start(start)!, output);
        }
        catch
        {
            output.Dispose();
            throw;
        }
    }

    /// <summary>kill -9; the exit code, which is another one when it had ended before.</summary>
    public Task<int> KillAsync()
    {
        _process.Kill();
        return Ended;
    }

    /// <summary>Closes its standard input, which asks a store to stop, and waits for it.</summary>
    public Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        return Ended;
    }

    /// <summary>Sends it a signal.</summary>
    public Task SignalAsync(string signal) => Command.SignalAsync(signal, Id);

    /// <summary>Kills it if it runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task<int> EndAsync(StreamWriter log)
    {
        await using (log)
        {
            await Task.WhenAll(
                PumpAsync(_process.StandardOutput, log, isComplaint: false),
                PumpAsync(_process.StandardError, log, isComplaint: true));
            await _process.WaitForExitAsync();
            // Whoever watches it for us has nothing to do any more.
            _process.StandardInput.Close();
            return _process.ExitCode;
        }
    }

    private async Task PumpAsync(StreamReader from, StreamWriter to, bool isComplaint)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            lock (_complaints)
            {
                to.WriteLine(line);
                if (_ending == 0 && line.Contains("The store ends: ", StringComparison.Ordinal))
                    Interlocked.Exchange(ref _ending, Stopwatch.GetTimestamp());
                if (isComplaint) _complaints.Append(line).Append('\n');
            }
        }
    }
}
