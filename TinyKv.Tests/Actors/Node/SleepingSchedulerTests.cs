using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using TinyKv.Actors.Node;

namespace TinyKv.Tests.Actors.Node;

public sealed class SleepingSchedulerTests : IDisposable
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Long = TimeSpan.FromHours(1);

    private readonly SleepingScheduler _scheduler = Start();

    private IAdvancedScheduler Jobs => _scheduler;

    public void Dispose() => _scheduler.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(25)]
    public async Task Nothing_is_done_early(int milliseconds)
    {
        var delay = TimeSpan.FromMilliseconds(milliseconds);
        var (start, done) = (Stopwatch.GetTimestamp(), new TaskCompletionSource<TimeSpan>());
        Jobs.ScheduleOnce(delay, () => done.SetResult(Stopwatch.GetElapsedTime(start)));
        Assert.True(await done.Task.WaitAsync(WaitTimeout) >= delay);
    }

    [Fact]
    public async Task What_is_due_together_is_done_in_the_order_in_which_it_was_scheduled()
    {
        var (seen, done) = (new ConcurrentQueue<int>(), new TaskCompletionSource());
        // While the thread is held up all of it falls due.
        using var gate = new ManualResetEventSlim();
        Jobs.ScheduleOnce(TimeSpan.Zero, gate.Wait);
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(1), () => seen.Enqueue(number));
        }
        Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(50), done.SetResult);
        gate.Set();

        await done.Task.WaitAsync(WaitTimeout);
        Assert.Equal(Enumerable.Range(0, 100), seen);
    }

    [Fact]
    public async Task An_earlier_one_overtakes_what_is_waited_for()
    {
        var done = new TaskCompletionSource();
        Jobs.ScheduleOnce(Long, () => { });
        Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(10), done.SetResult);
        await done.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public async Task What_is_repeated_goes_on_until_it_is_cancelled_and_then_leaves_nothing()
    {
        var (times, third) = (0, new TaskCompletionSource());
        using var cancel = new Cancelable((IScheduler)_scheduler);
        Jobs.ScheduleRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(1), () =>
        {
            if (++times == 3) cancel.Cancel();
            if (times == 3) third.SetResult();
        }, cancel);
        await third.Task.WaitAsync(WaitTimeout);

        var after = new TaskCompletionSource();
        Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(50), after.SetResult);
        await after.Task.WaitAsync(WaitTimeout);
        Assert.Equal(3, times);
        Assert.Equal(0, _scheduler.Count);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(25)] // Between two steps.
    public async Task What_is_repeated_keeps_its_pace_however_late_it_is_done(int milliseconds)
    {
        var interval = TimeSpan.FromMilliseconds(milliseconds);
        Jobs.ScheduleRepeatedly(10 * interval, interval, () => { });
        var (first, seen) = (_scheduler.FirstDue, new HashSet<long>());

        // While it is being done, none is due.
        await Eventually.True(() => _scheduler.FirstDue is var due and not long.MaxValue && seen.Add(due) && seen.Count > 6);

        long[] paces = milliseconds == 50 ? [0] : [0, 20, 30];
        Assert.All(seen, due => Assert.Contains((due - first) % 50, paces));
    }

    [Fact]
    public void What_waits_for_long_or_is_repeated_rarely_is_due_together()
    {
        Jobs.ScheduleOnce(TimeSpan.FromSeconds(1.234), () => { });
        Assert.Equal(_scheduler.Phase, _scheduler.FirstDue % 100);
        Jobs.ScheduleRepeatedly(TimeSpan.FromMilliseconds(123), TimeSpan.FromMilliseconds(100), () => { });
        Assert.Equal(_scheduler.Phase, _scheduler.FirstDue % 100);
        Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(30), () => { });
        Assert.InRange(_scheduler.FirstDue - _scheduler.MonotonicClock.TotalMilliseconds, double.MinValue, 40);
    }

    [Fact]
    public void Stores_of_one_host_do_not_tick_at_the_same_instant()
    {
        var phases = Enumerable.Range(0, 20).Select(_ =>
        {
            using var scheduler = Start();
            var tick = TimeSpan.FromMilliseconds(100);
            ((IAdvancedScheduler)scheduler).ScheduleRepeatedly(tick, tick, () => { });
            return scheduler.FirstDue % 100;
        });
        Assert.True(phases.Distinct().Count() > 5);
    }

    [Fact]
    public async Task What_was_missed_while_the_thread_was_held_up_is_not_repeated()
    {
        var (times, done) = (0, new TaskCompletionSource<int>());
        var start = _scheduler.MonotonicClock;
        // After twenty intervals, through which the thread is held up by the first.
        var later = TimeSpan.FromMilliseconds(200);
        Jobs.ScheduleOnce(later, () => done.SetResult(times));
        Jobs.ScheduleRepeatedly(TimeSpan.Zero, TimeSpan.FromMilliseconds(10), () =>
        {
            if (++times == 1) SpinWait.SpinUntil(() => _scheduler.MonotonicClock > start + 2 * later);
        });
        Assert.Equal(1, await done.Task.WaitAsync(WaitTimeout));
    }

    [Fact]
    public void What_is_cancelled_leaves_no_memory_behind()
    {
        for (var i = 0; i < 20_000; i++)
        {
            using var cancel = new Cancelable((IScheduler)_scheduler);
            Jobs.ScheduleOnce(Long, () => { }, cancel);
            cancel.Cancel();
        }
        Assert.InRange(_scheduler.Count, 1, 2048);
    }

    [Fact]
    public async Task What_fails_does_not_end_the_thread()
    {
        var done = new TaskCompletionSource();
        Jobs.ScheduleOnce(TimeSpan.Zero, () => throw new InvalidOperationException("test"));
        Jobs.ScheduleOnce(TimeSpan.FromMilliseconds(1), done.SetResult);
        await done.Task.WaitAsync(WaitTimeout);
    }

    [Fact]
    public void After_the_end_nothing_is_taken()
    {
        Jobs.ScheduleOnce(Long, () => { });
        _scheduler.Dispose();
        Assert.Equal(0, _scheduler.Count);
        Assert.Throws<SchedulerException>(() => Jobs.ScheduleOnce(TimeSpan.Zero, () => { }));
    }

    private static SleepingScheduler Start() =>
        new(ConfigurationFactory.ParseString("akka.scheduler.tick-duration = 10ms"), NoLogger.Instance);
}
