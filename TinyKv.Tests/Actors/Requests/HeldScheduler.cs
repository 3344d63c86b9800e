namespace TinyKv.Tests.Actors.Requests;

/// <summary>Runs tasks on the thread pool, those that come while it is held afterwards.</summary>
internal sealed class HeldScheduler : TaskScheduler
{
    private readonly Lock _lock = new();
    private readonly Queue<Task> _held = new();
    private bool _isHeld;

    /// <summary>Holds what comes, until what is returned is disposed.</summary>
    public IDisposable Hold()
    {
        lock (_lock) _isHeld = true;
        return new Release(this);
    }

    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            if (_isHeld) _held.Enqueue(task);
            else Run(task);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private void Run(Task task) => ThreadPool.UnsafeQueueUserWorkItem(_ => TryExecuteTask(task), null);

    private sealed class Release(HeldScheduler scheduler) : IDisposable
    {
        public void Dispose()
        {
            lock (scheduler._lock)
            {
                scheduler._isHeld = false;
                while (scheduler._held.TryDequeue(out var task)) scheduler.Run(task);
            }
        }
    }
}
