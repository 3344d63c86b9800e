using System.Diagnostics;
using TinyKv.Actors.Node;
using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Host.Cli;
using TinyKv.Persistence;

namespace TinyKv.Host.Server;

/// <summary>
/// The life of a server process: start, serve, stop, and the exit code that tells its supervisor why. It ends in time
/// whatever hangs: what could not be closed then is as after a kill, which loses nothing that was acknowledged.
/// </summary>
/// <param name="arm">Ends the process at a deadline, from a thread of its own.</param>
/// <param name="wait">The same on the calling thread.</param>
/// <param name="shutdownTimeout">How long a graceful stop may take.</param>
internal sealed class ServerProcess(EndBy arm, EndBy wait, TimeSpan shutdownTimeout)
{
    // Past the limits that what is waited for has itself, so that it is heard why it took so long.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Ends the process with the reason as its last line on standard error, and the code that says that it was
    /// not asked to, when something throws where nobody catches.</summary>
    public static void GuardThreads() => AppDomain.CurrentDomain.UnhandledException += (_, thrown) =>
    {
        ExitDeadline.Arm(Grace, ExitCode.Fatal);
        if (thrown.ExceptionObject is Exception failure)
        {
            ConsoleLog.Write(DateTime.UtcNow, LogLevel.Error, "Server", "Nobody caught an exception", failure);
            ProcessOutput.Error.WriteLine(LastWords(FailureCause.Describe(failure, directory: null)));
        }
        ProcessOutput.Drain(ProcessOutput.LastWords);
        ExitDeadline.End(ExitCode.Fatal);
    };

    /// <summary>Runs until <paramref name="stop"/> or until the store ends by itself.</summary>
    /// <param name="start">Starts the server.</param>
    /// <param name="log">Where the server's own messages go.</param>
    /// <param name="error">Where the reason of a failure goes.</param>
    /// <param name="stop">Asks for a graceful stop.</param>
    public async Task<int> RunAsync(Func<CancellationToken, Task<StoreServer>> start, ILogger log,
        TextWriter error, CancellationToken stop)
    {
        // Also when it has not started yet, because its disk stands still.
        await using var registration = stop.Register(() => arm(shutdownTimeout + Grace, ExitCode.Success));
        StoreServer server;
        try
        {
            server = await start(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (TinyKvException wrong)
        {
            await error.WriteLineAsync($"tinykv: {wrong.Message}");
            return wrong switch
            {
                StorageFailedException => ExitCode.Fatal,
                // A supervisor does not try again after this one.
                SettingException { IsTransient: false } => ExitCode.Usage,
                _ => ExitCode.Failure,
            };
        }
        EndWhenFailed(server.Terminated);
        await using (server)
        {
            return await ServeAsync(server, log, error, stop);
        }
    }

    private static async Task<int> ServeAsync(
        StoreServer server, ILogger log, TextWriter error, CancellationToken stop)
    {
        log.LogInformation("Serving gRPC on port {Grpc} and status pages on port {Status}",
            server.GrpcPort, server.StatusPort);
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(() => asked.TrySetResult());
        await Task.WhenAny(asked.Task, server.Terminated);
        if (!stop.IsCancellationRequested)
        {
            var failure = server.Terminated.Exception?.GetBaseException();
            var code = CodeOf(failure);
            await error.WriteLineAsync(code == ExitCode.Usage
                ? $"tinykv: {failure!.Message}" : LastWords(failure?.Message ?? "the log says why"));
            return code;
        }
        log.LogInformation("Stopping");
        var started = Stopwatch.GetTimestamp();
        if (await server.StopAsync())
            log.LogInformation("Stopped in {Seconds:F1} s", Stopwatch.GetElapsedTime(started).TotalSeconds);
        else
            log.LogWarning("Stopped before everything had ended; acknowledged writes are safe");
        return ExitCode.Success;
    }

    // On a thread of its own, because those of the pool may all wait for the disk; it is there before the failure, which
    // may be that no thread can be had any more.
    private void EndWhenFailed(Task terminated) => new Thread(() =>
    {
        try
        {
            terminated.Wait();
        }
        catch (AggregateException failure)
        {
            wait(Grace, CodeOf(failure.GetBaseException()));
        }
    })
    { IsBackground = true, Name = "failure watch" }.Start();

    private static int CodeOf(Exception? failure) =>
        failure is StoreFailedException { IsMisconfigured: true } ? ExitCode.Usage : ExitCode.Fatal;

    private static string LastWords(string reason) =>
        $"tinykv: the store has ended itself: {reason.ReplaceLineEndings(" | ")}";
}
