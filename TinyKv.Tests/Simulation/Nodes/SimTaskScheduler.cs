using Akka.Dispatch;

namespace TinyKv.Tests.Simulation.Nodes;

/// <summary>Runs what a process does outside of its actors: its tasks go on where the world lets them.</summary>
internal sealed class SimTaskScheduler(Process process) : TaskScheduler
{
    /// <summary>Starts asynchronous work.</summary>
    public void Start(Func<Task> work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, this);

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => process.Enqueue(new ActionRunnable(() => TryExecuteTask(task)));

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
