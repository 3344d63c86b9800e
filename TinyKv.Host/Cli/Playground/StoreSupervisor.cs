using System.Diagnostics;
using TinyKv.Core.Stores;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Playground;

/// <summary>When a store that died is started again, and when no more.</summary>
internal readonly record struct RestartPolicy(TimeSpan Delay, int Deaths, TimeSpan Window)
{
    public static RestartPolicy Default => new(TimeSpan.FromSeconds(1), 5, TimeSpan.FromSeconds(30));
}

/// <summary>Keeps one store of a playground running until it is told to stop.</summary>
internal sealed class StoreSupervisor(
    int storeId, Func<ProcessStartInfo> commandLine, string logFile, RestartPolicy policy, Action<string> say)
{
    // Ctrl-C reaches the stores as well as the playground; whose end comes first does not matter.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(300);

    private readonly Queue<long> _deaths = new();

    /// <summary>The process that runs now; 0 when none does.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Whether the cluster has told the store that it was removed; it is not started again.</summary>
    public bool WasRemoved { get; private set; }

    /// <summary>Runs until cancelled, then stops the store; ends early when the store cannot be kept alive.</summary>
    /// <returns>Whether it ran to the end.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                var (code, complaint) = await TryRunOnceAsync(cancellation);
                await Task.Delay(Grace, cancellation);
                if (!MayRestart(code, complaint)) return false;
                await Task.Delay(policy.Delay, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    /// <summary>A store that cannot be started or watched counts as one that died.</summary>
    private async Task<(int Code, string Complaint)> TryRunOnceAsync(CancellationToken cancellation)
    {
        try
        {
            return await RunOnceAsync(cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            return (ExitCode.Failure, error.Message);
        }
    }

    private async Task<(int Code, string Complaint)> RunOnceAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        await using var process = StoreProcess.Start(commandLine(), logFile);
        if (_deaths.Count > 0) say($"store {storeId} runs again as process {process.Id}");
        ProcessId = process.Id;
        try
        {
            return (await process.WaitAsync(cancellation), process.Complaint);
        }
        catch (OperationCanceledException)
        {
            await process.StopAsync();
            throw;
        }
        finally
        {
            ProcessId = 0;
        }
    }

    private bool MayRestart(int code, string complaint)
    {
        if (code == ExitCode.Usage)
        {
            WasRemoved = complaint.Contains(Acceptance.WasRemoved, StringComparison.Ordinal);
            if (WasRemoved) say($"store {storeId} {Acceptance.WasRemoved}");
            else say($"store {storeId} refused its configuration: {complaint}");
            return false;
        }
        var now = Stopwatch.GetTimestamp();
        _deaths.Enqueue(now);
        while (Stopwatch.GetElapsedTime(_deaths.Peek(), now) > policy.Window) _deaths.Dequeue();
        if (_deaths.Count >= policy.Deaths)
        {
            say($"store {storeId} ended {_deaths.Count} times within {policy.Window.TotalSeconds:0} s and is " +
                $"given up; the last with exit code {code}: {complaint} (see {logFile})");
            return false;
        }
        say($"store {storeId} ended with exit code {code}: {complaint}; starting it again in {policy.Delay.TotalSeconds:0.#} s");
        return true;
    }
}
