using System.Diagnostics;
using TinyKv.Core;
using TinyKv.Host.Cli;

namespace TinyKv.Host.Server;

/// <summary>
/// The life of a server process: start, serve, stop, and the exit code that tells its supervisor why.
/// </summary>
internal static class ServerProcess
{
    /// <summary>Runs until <paramref name="stop"/> or until the store ends by itself.</summary>
    /// <param name="start">Starts the server.</param>
    /// <param name="log">Where the server's own messages go.</param>
    /// <param name="error">Where the reason of a failure goes.</param>
    /// <param name="stop">Asks for a graceful stop.</param>
    public static async Task<int> RunAsync(Func<CancellationToken, Task<StoreServer>> start, ILogger log,
        TextWriter error, CancellationToken stop)
    {
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
            return ExitCode.Failure;
        }
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
            var reason = server.Terminated.Exception?.GetBaseException().Message ?? "the log says why";
            await error.WriteLineAsync($"tinykv: the store has ended itself: {reason}");
            return ExitCode.Fatal;
        }
        log.LogInformation("Stopping");
        var started = Stopwatch.GetTimestamp();
        if (await server.StopAsync())
            log.LogInformation("Stopped in {Seconds:F1} s", Stopwatch.GetElapsedTime(started).TotalSeconds);
        else
            log.LogWarning("Stopped before everything had ended; acknowledged writes are safe");
        return ExitCode.Success;
    }
}
