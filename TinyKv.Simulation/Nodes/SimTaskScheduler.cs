using Akka.Dispatch;

namespace TinyKv.Simulation.Nodes;

/// <summary>Runs what a process does: whatever it awaits, it continues where the world lets it.</summary>
internal sealed class SimTaskScheduler(Process process) : TaskScheduler
{
    private Task? _turn;

    /// <summary>Starts asynchronous work outside of the actors.</summary>
    public void Start(Func<Task> work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.None, this);

    /// <summary>Runs a turn of an actor here and now.</summary>
    public void Run(IRunnable turn)
    {
        _turn = new Task(turn.Run);
        _turn.RunSynchronously(this);
        _turn.GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => process.Enqueue(new ActionRunnable(() => TryExecuteTask(task)));

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        task == _turn && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
