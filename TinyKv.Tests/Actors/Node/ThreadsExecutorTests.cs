using Akka.Dispatch;
using TinyKv.Actors.Node;

namespace TinyKv.Tests.Actors.Node;

public sealed class ThreadsExecutorTests
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_blocks_on_one_thread_does_not_hold_up_the_others()
    {
        var executor = new ThreadsExecutor("test", threads: 2);
        using var blocked = new ManualResetEventSlim();
        var ran = new TaskCompletionSource<string?>();

        executor.Execute(new Work(() => blocked.Wait()));
        executor.Execute(new Work(() => ran.SetResult(Thread.CurrentThread.Name)));

        Assert.StartsWith("test-", await ran.Task.WaitAsync(WaitTimeout), StringComparison.Ordinal);
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

        await ran.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task A_thread_that_has_more_to_do_than_it_can_take_next_wakes_another()
    {
        var executor = new ThreadsExecutor("test", threads: 2);
        using var second = new ManualResetEventSlim();
        var ran = new TaskCompletionSource<bool>();

        executor.Execute(new Work(() =>
        {
            executor.Execute(new Work(() => { }));
            executor.Execute(new Work(second.Set));
            ran.SetResult(second.Wait(WaitTimeout));
        }));

        Assert.True(await ran.Task);
        executor.Shutdown();
    }

    [Fact]
    public async Task Nothing_that_comes_from_outside_while_threads_fall_asleep_is_forgotten()
    {
        const int Callers = 4, Each = 20_000;
        var executor = new ThreadsExecutor("test", threads: 2);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                var ran = new TaskCompletionSource();
                executor.Execute(new Work(ran.SetResult));
                await ran.Task.WaitAsync(WaitTimeout);
            }
        })));

        executor.Shutdown();
    }

    [Fact]
    public async Task Nothing_that_threads_leave_to_each_other_is_forgotten()
    {
        const int Depth = 12;
        var executor = new ThreadsExecutor("test", threads: 3);
        var (left, done) = ((1 << Depth) - 1, new TaskCompletionSource());

        Cause(Depth);

        await done.Task.WaitAsync(WaitTimeout);
        executor.Shutdown();

        void Cause(int depth) => executor.Execute(new Work(() =>
        {
            if (depth > 1)
            {
                Cause(depth - 1);
                Cause(depth - 1);
            }
            if (Interlocked.Decrement(ref left) == 0) done.SetResult();
        }));
    }

    private sealed class Work(Action action) : IRunnable
    {
        public void Run() => action();

        public void Execute() => action();
    }
}
