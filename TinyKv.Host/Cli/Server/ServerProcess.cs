using TinyKv.Core;
using TinyKv.Core.Storage;
using TinyKv.Host.Output;
using TinyKv.Persistence;
using TinyKv.Server;
using TinyKv.Server.Exit;

namespace TinyKv.Host.Cli.Server;

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
        ProcessOutput.Deadline.Arm(Grace, ExitCode.Fatal);
        if (thrown.ExceptionObject is Exception failure)
        {
            // The log has a queue, and this process no thread to wait for.
            var (details, reason) = (failure.ToString(), FailureCause.Describe(failure, directory: null));
            ProcessOutput.Error.WriteLine($"tinykv: nobody caught an exception: {details.ReplaceLineEndings("\n    ")}");
            ProcessOutput.Error.WriteLine(LastWords(reason));
        }
        ProcessOutput.Drain(ProcessOutput.LastWords);
        ExitDeadline.End(ExitCode.Fatal);
    };

    /// <summary>
    /// Runs until the host's lifetime or <paramref name="stop"/> ends it, or until the store ends by itself. SIGTERM and
    /// Ctrl-C are the lifetime's; under systemd it also says there when the server has started, and when it stops.
    /// </summary>
    /// <param name="start">Starts the server.</param>
    /// <param name="log">Where the server's own messages go.</param>
    /// <param name="error">Where the reason of a failure goes.</param>
    /// <param name="stop">Asks for a graceful stop.</param>
    public async Task<int> RunAsync(Func<CancellationToken, Task<StoreServer>> start, ILogger log,
        TextWriter error, CancellationToken stop)
    {
        var asked = CancellationToken.None;
        await using var service = new ServerService(async starting =>
        {
            // The host's own timeout hangs with what hangs. Registered after the lifetime's callback and so called before it,
            // which talks to systemd; and before the start, because the disk may stand still then.
            asked.Register(() => arm(shutdownTimeout + Grace, ExitCode.Success));
            var server = await start(starting);
            EndWhenFailed(server.Terminated);
            return server;
        }, log);
        using var host = CreateHost(service);
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        asked = lifetime.ApplicationStopping;
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = asked.Register(() => stopping.TrySetResult());
        await using var other = stop.Register(lifetime.StopApplication);
        try
        {
            await host.StartAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (asked.IsCancellationRequested)
        {
            await host.StopAsync(CancellationToken.None);
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
        var terminated = service.Server!.Terminated;
        await Task.WhenAny(stopping.Task, terminated);
        if (!asked.IsCancellationRequested) return await ReportAsync(terminated, error);
        await host.StopAsync(CancellationToken.None);
        return ExitCode.Success;
    }

    // Empty: no configuration from files or the environment, and no log but ours.
    private IHost CreateHost(ServerService service)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSystemd();
        builder.Services.Configure<ConsoleLifetimeOptions>(options => options.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdownTimeout + Grace);
        builder.Services.AddSingleton<IHostedService>(service);
        return builder.Build();
    }

    private static async Task<int> ReportAsync(Task terminated, TextWriter error)
    {
        var failure = terminated.Exception?.GetBaseException();
        var code = ExitCode.Of(failure);
        await error.WriteLineAsync(code == ExitCode.Usage
            ? $"tinykv: {failure!.Message}" : LastWords(failure?.Message ?? "the log says why"));
        return code;
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
            wait(Grace, ExitCode.Of(failure.GetBaseException()));
        }
    })
    { IsBackground = true, Name = "failure watch" }.Start();

    private static string LastWords(string reason) =>
        $"tinykv: the store has ended itself: {reason.ReplaceLineEndings(" | ")}";
}
