using System.Diagnostics;
using System.Text.Json;
using TinyKv.Simulation.Cli;
using TinyKv.Tests.Clusters;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Plants bugs in a process of its own, one after the other: what a bug breaks does not reach the tests, and what was loaded
/// for it is gone with the process.
/// </summary>
public abstract class BugHuntProcess(string ground) : IAsyncLifetime
{
    private Process? _process;
    private Task<string>? _errors;

    /// <summary>Plants a bug, "": none.</summary>
    internal async Task<Answer> AskAsync(string bug)
    {
        try
        {
            await _process!.StandardInput.WriteLineAsync(bug);
            await _process.StandardInput.FlushAsync();
        }
        catch (IOException)
        {
            // It has ended: what it said of that follows.
        }
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        var line = await _process!.StandardOutput.ReadLineAsync(timeout.Token)
            ?? throw new InvalidOperationException($"the process has ended: {await _errors!}");
        return JsonSerializer.Deserialize<Answer>(line)!;
    }

    public Task InitializeAsync()
    {
        var start = Shell.Simulation("bugs", "--in", ground, "--stdin");
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        // It computes for minutes; real stores, which the other tests give half a minute to elect a leader, come first.
        _process.PriorityClass = ProcessPriorityClass.BelowNormal;
        _errors = _process.StandardError.ReadToEndAsync();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        if (_process is null) return;
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            // A bug may turn in circles.
            _process.Kill(entireProcessTree: true);
        }
        _process.Dispose();
    }
}
