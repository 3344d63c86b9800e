using System.Diagnostics;
using System.Text;

namespace TinyKv.Host.Cli.Playground;

/// <summary>One run of a store: a child process whose output goes to a log file, and that stops when its standard
/// input closes, so also when this process is killed.</summary>
internal sealed class StoreProcess : IAsyncDisposable
{
    /// <summary>After this a store that was asked to stop is killed: later than it would end by itself.</summary>
    public static TimeSpan StopTimeout { get; } = StoreConfigFile.ShutdownTimeout + TimeSpan.FromSeconds(10);

    // A killed process whose disk stands still is there until the disk continues.
    private static readonly TimeSpan KillTimeout = TimeSpan.FromSeconds(5);

    private const int MaxComplaint = 4096;

    private readonly Process _process;
    private readonly FileStream _log;
    private readonly Task _pumps;
    private readonly Decoder _decoder = CliHost.Utf8.GetDecoder();
    private string _unfinished = "";

    private StoreProcess(Process process, FileStream log)
    {
        _process = process;
        _log = log;
        Id = process.Id;
        _pumps = Task.WhenAll(
            PumpAsync(process.StandardOutput.BaseStream, _ => { }),
            PumpAsync(process.StandardError.BaseStream, RememberComplaint));
    }

    /// <summary>The process id.</summary>
    public int Id { get; }

    /// <summary>What it last said on standard error, which is why it ended, once it has.</summary>
    public string Complaint { get; private set; } = "it did not say why";

    /// <summary>How to run this same program with other arguments.</summary>
    public static ProcessStartInfo ThisProgram(params IEnumerable<string> arguments)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("this process has no path");
        var start = new ProcessStartInfo(self);
        // Under the dotnet host the program is the assembly, not the executable.
        if (Path.GetFileNameWithoutExtension(self) != "tinykv")
            start.ArgumentList.Add(typeof(StoreProcess).Assembly.Location);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }

    /// <summary>How to start a store that ends with this process.</summary>
    public static ProcessStartInfo Server(string configFile, StoreOverrides overrides)
    {
        var start = ThisProgram(["server", "--config", configFile, "--exit-with-parent", .. overrides.Arguments]);
        foreach (var name in StoreOverrides.HiddenVariables) start.Environment.Remove(name);
        return start;
    }

    /// <summary>Starts a process; its output is appended to the log file.</summary>
    public static StoreProcess Start(ProcessStartInfo start, string logFile)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var log = OpenLog(logFile);
        try
        {
            return new StoreProcess(Process.Start(start)!, log);
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    private static FileStream OpenLog(string file)
    {
        try
        {
            // Without a buffer, so that a write that failed is not tried again later.
            return new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new IOException($"its directory {Path.GetDirectoryName(file)} is gone", e);
        }
    }

    /// <summary>Waits for its end and its last line on standard error, and returns the exit code.</summary>
    public async Task<int> WaitAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        await _pumps;
        return _process.ExitCode;
    }

    /// <summary>Asks it to stop, waits, and kills it when it does not.</summary>
    public async Task StopAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var timeout = new CancellationTokenSource(StopTimeout);
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            _process.Kill();
            await Task.WhenAny(_process.WaitForExitAsync(CancellationToken.None), Task.Delay(KillTimeout));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await StopAsync();
        await Task.WhenAny(_pumps, Task.Delay(KillTimeout));
        await _log.DisposeAsync();
        _process.Dispose();
    }

    private async Task PumpAsync(Stream output, Action<ReadOnlySpan<byte>> listen)
    {
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await output.ReadAsync(buffer)) > 0)
        {
            listen(buffer.AsSpan(0, count));
            Log(buffer.AsSpan(0, count));
        }
    }

    // Both streams share the file; a write is whole because nobody else writes meanwhile.
    private void Log(ReadOnlySpan<byte> text)
    {
        try
        {
            lock (_log) _log.Write(text);
        }
        catch (IOException)
        {
            // A full disk costs the log. The store continues, which it could not if nobody read what it says.
        }
    }

    // A line may come in pieces. Indented ones are the frames of a stack trace.
    private void RememberComplaint(ReadOnlySpan<byte> text)
    {
        var characters = new char[CliHost.Utf8.GetMaxCharCount(text.Length)];
        var lines = (_unfinished + new string(characters, 0, _decoder.GetChars(text, characters, flush: false))).Split('\n');
        Complaint = lines.LastOrDefault(line => line.Length > 0 && !char.IsWhiteSpace(line[0]), Complaint);
        _unfinished = lines[^1][..Math.Min(lines[^1].Length, MaxComplaint)];
    }
}
