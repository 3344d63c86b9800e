namespace TinyKv.Simulation.Nodes;

/// <summary>
/// The clocks of a node: a wall clock that is off by some time and may jump, and a monotonic one. Both run at a pace
/// that differs a little from the true one.
/// </summary>
internal sealed class SimClock(World world, double pace, TimeSpan offset) : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TimeSpan _offset = offset;

    /// <summary>Who sets timers; a node's next process takes the clock over.</summary>
    public Process? Process { get; set; }

    /// <summary>Time since the world began, as this node measures it.</summary>
    public TimeSpan Monotonic => new((long)(world.Now * pace));

    /// <summary>How long a stretch of this node's time really takes.</summary>
    public TimeSpan True(TimeSpan local) => new((long)(local.Ticks / pace));

    /// <summary>Somebody sets the wall clock.</summary>
    public void Jump(TimeSpan by) => _offset += by;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Epoch + Monotonic + _offset;

    /// <inheritdoc/>
    public override long GetTimestamp() => Monotonic.Ticks;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(Process!, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SimTimer(Process process, Action callback) : ITimer
    {
        private Alarm? _alarm;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _alarm?.Cancel();
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            _alarm = process.After(dueTime, () =>
            {
                callback();
                if (period > TimeSpan.Zero) Change(period, period);
            });
            return true;
        }

        public void Dispose() => Stop();

        public ValueTask DisposeAsync()
        {
            Stop();
            return ValueTask.CompletedTask;
        }

        private void Stop() => _alarm?.Cancel();
    }
}
