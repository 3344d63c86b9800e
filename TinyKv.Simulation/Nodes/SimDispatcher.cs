using Akka.Configuration;
using Akka.Dispatch;

namespace TinyKv.Simulation.Nodes;

/// <summary>Called by Akka: makes the dispatchers of a process.</summary>
public sealed class SimDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly SimDispatcher _dispatcher;

    /// <inheritdoc/>
    public SimDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites) =>
        _dispatcher = new SimDispatcher(
            this, World.Current.ProcessOf(config.GetInt("process")), config.GetBoolean("is-slow"));

    /// <inheritdoc/>
    public override MessageDispatcher Dispatcher() => _dispatcher;
}

/// <summary>Every message is a turn of its own, and the world decides when it comes.</summary>
internal sealed class SimDispatcher : MessageDispatcher
{
    private readonly Process _process;
    private readonly bool _isSlow;

    public SimDispatcher(MessageDispatcherConfigurator configurator, Process process, bool isSlow) : base(configurator)
    {
        (_process, _isSlow) = (process, isSlow);
        Throughput = 1;
    }

    /// <inheritdoc/>
    protected override void ExecuteTask(IRunnable run)
    {
        var turn = new ActionRunnable(() => _process.Tasks.Run(run));
        if (_isSlow) _process.EnqueueLate(turn);
        else _process.Enqueue(turn);
    }

    /// <inheritdoc/>
    protected override void Shutdown()
    {
    }
}
