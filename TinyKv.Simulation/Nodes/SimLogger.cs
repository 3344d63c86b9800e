using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace TinyKv.Simulation.Nodes;

/// <summary>What a process logs goes into the trace; an error that no fault explains is a finding.</summary>
public sealed class SimLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly Process _process =
        World.Current.ProcessOf(Context.System.Settings.Config.GetInt("akka.scheduler.process"));

    /// <inheritdoc/>
    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent logged:
                _process.Logged(logged);
                return true;
            default:
                return false;
        }
    }
}
