using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace TinyKv.Actors.Node;

/// <summary>
/// Akka's scheduler on a thread that sleeps until something is due. Akka's own wakes at each turn of its wheel, a hundred
/// times a second, and needs threads of the pool, so that a pool that others keep busy stops Raft's clock.
/// </summary>
/// <remarks>
/// Named in the configuration, <c>akka.scheduler.implementation</c>. What is due within one <c>tick-duration</c> is done
/// together, never early; what waits for a second or is repeated more rarely than ten of them, within those ten. Where the
/// steps begin is drawn: stores of one host must not all tick, and call elections, at the same instant. What is done runs on
/// the one thread and must be short; a message to an actor is.
/// </remarks>
internal sealed class SleepingScheduler : SchedulerBase, IDisposable
{
    // From here on those that were cancelled are looked for: most time-outs are.
    private const int Many = 1024;

    // Who waits for so long does not mind waiting for company.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Job, (long Due, long Number)> _jobs = new();
    private readonly AutoResetEvent _changed = new(false);
    private readonly long _resolution; // in ms
    private readonly long _coarse; // the same for what is not due for long
    private readonly long _phase; // where both begin
    private readonly Thread _thread;
    private long _last;
    private int _sweepAt = 2 * Many;
    private bool _disposed;

    /// <summary>Called by Akka.</summary>
    public SleepingScheduler(Config config, ILoggingAdapter log) : base(config, log)
    {
        _resolution = Math.Max(1, (long)config.GetTimeSpan("akka.scheduler.tick-duration").TotalMilliseconds);
        _coarse = 10 * _resolution;
        _phase = Random.Shared.NextInt64(_coarse);
        _thread = new Thread(Run) { Name = "tinykv-timers", IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many jobs are kept.</summary>
    internal int Count
    {
        get { lock (_lock) return _jobs.Count; }
    }

    /// <summary>When the first of them is due, by the monotonic clock, in ms.</summary>
    internal long FirstDue
    {
        get { lock (_lock) return _jobs.TryPeek(out _, out var first) ? first.Due : long.MaxValue; }
    }

    /// <summary>Where its steps begin, after each full ten of them, in ms.</summary>
    internal long Phase => _phase;

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => Stopwatch.GetElapsedTime(0);

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => DateTimeOffset.UtcNow;

    /// <summary>Ends the thread; what is not done yet is dropped.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _jobs.Clear();
        }
        _changed.Set();
    }

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(new Job(() => receiver.Tell(message, sender), TimeSpan.Zero, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender,
        ICancelable cancelable) =>
        Add(new Job(() => receiver.Tell(message, sender), interval, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Add(new Job(action, TimeSpan.Zero, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Add(new Job(action.Run, TimeSpan.Zero, cancelable), delay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(new Job(action, interval, cancelable), initialDelay);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(new Job(action.Run, interval, cancelable), initialDelay);

    private void Add(Job job, TimeSpan delay)
    {
        bool isFirst;
        lock (_lock)
        {
            if (_disposed) throw new SchedulerException("cannot schedule: the actor system ends");
            if (_jobs.Count >= _sweepAt) Sweep();
            var first = FirstDue;
            job.Due = DueAfter(delay, job.Interval);
            isFirst = Enqueue(job) < first;
        }
        if (isFirst) _changed.Set();
    }

    // What is rounded is when it is done, up to a whole step, so that what is due at nearly the same time needs one wake-up.
    // When it was due stays as it is: a pace between the steps is kept.
    private long Enqueue(Job job)
    {
        var due = RoundUp(job.Due, _resolution);
        _jobs.Enqueue(job, (due, ++_last));
        return due;
    }

    private double DueAfter(TimeSpan delay, TimeSpan interval)
    {
        var due = (MonotonicClock + delay).TotalMilliseconds;
        return delay >= Long || interval.TotalMilliseconds >= _coarse ? RoundUp(due, _coarse) : due;
    }

    // From when it was due, so that what comes late does not add up; what was missed is not made up for.
    private double DueAgain(Job job)
    {
        // Whatever was due until then would be done at once.
        var passed = RoundUp(MonotonicClock.TotalMilliseconds, _resolution) - _resolution;
        var times = Math.Floor((passed - job.Due) / job.Interval.TotalMilliseconds) + 1;
        return job.Due + Math.Max(1, times) * job.Interval.TotalMilliseconds;
    }

    private long RoundUp(double milliseconds, long step) =>
        _phase + (long)Math.Ceiling((milliseconds - _phase) / step) * step;

    private void Run()
    {
        while (true)
        {
            Job? job;
            int wait;
            lock (_lock)
            {
                if (_disposed) return;
                wait = TakeDue(out job);
            }
            if (job is null) _changed.WaitOne(wait);
            else Do(job);
        }
    }

    // The job that is due, or for how many ms to sleep.
    private int TakeDue(out Job? job)
    {
        job = null;
        if (!_jobs.TryPeek(out _, out var first)) return Timeout.Infinite;
        var wait = first.Due - MonotonicClock.TotalMilliseconds;
        if (wait > 0) return (int)Math.Min(Math.Ceiling(wait), int.MaxValue);
        job = _jobs.Dequeue();
        return 0;
    }

    private void Do(Job job)
    {
        if (job.IsCancelled) return;
        try
        {
            job.Action();
        }
        catch (Exception failure)
        {
            Log.Error(failure, "What was scheduled has failed");
        }
        if (job.Interval == TimeSpan.Zero || job.IsCancelled) return;
        job.Due = DueAgain(job);
        lock (_lock)
        {
            if (!_disposed) Enqueue(job);
        }
    }

    private void Sweep()
    {
        (Job Job, (long, long) Order)[] kept = [.. _jobs.UnorderedItems.Where(item => !item.Element.IsCancelled)];
        _jobs.Clear();
        _jobs.EnqueueRange(kept);
        _sweepAt = 2 * Math.Max(Many, kept.Length);
    }

    private sealed class Job(Action action, TimeSpan interval, ICancelable? cancelable)
    {
        public Action Action => action;

        // Zero: once.
        public TimeSpan Interval => interval;

        // When it should be done, in ms; it is done at the end of that step.
        public double Due { get; set; }

        public bool IsCancelled => cancelable is { IsCancellationRequested: true };
    }
}
