using Akka.Dispatch;
using TinyKv.Actors.Hosting;

namespace TinyKv.Tests.Actors.Hosting;

public sealed class ThreadsExecutorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_blocks_on_one_thread_does_not_hold_up_the_others()
    {
        var executor = new ThreadsExecutor("test", threads: 2);
        using var blocked = new ManualResetEventSlim();
        var ran = new TaskCompletionSource<string?>();

        executor.Execute(new Work(() => blocked.Wait()));
        executor.Execute(new Work(() => ran.SetResult(Thread.CurrentThread.Name)));

        Assert.StartsWith("test-", await ran.Task.WaitAsync(Patience), StringComparison.Ordinal);
        blocked.Set();
        executor.Shutdown();
    }

    [Fact]
    public async Task A_shutdown_runs_what_is_queued_and_takes_no_more()
    {
        var executor = new ThreadsExecutor("test", threads: 1);
        using var started = new ManualResetEventSlim();
        var ran = new TaskCompletionSource();
        executor.Execute(new Work(started.Wait));
        executor.Execute(new Work(ran.SetResult));

        executor.Shutdown();
        Assert.Throws<RejectedExecutionException>(() => executor.Execute(new Work(() => { })));
        started.Set();

        await ran.Task.WaitAsync(Patience);
    }

    private sealed class Work(Action action) : IRunnable
    {
        public void Run() => action();

        public void Execute() => action();
    }
}
