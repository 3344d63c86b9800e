using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;
using TinyKv.Core;
using TinyKv.Host.Server;

namespace TinyKv.Hosting;

/// <summary>
/// Brings the messages of the actor system into the application's log: the category is the class of whoever says it. Level
/// and time are the log's own, so that they are not in the text once more.
/// </summary>
internal sealed class HostLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly ILoggerFactory _factory = FactoryOf(Context.System);
    private readonly AkkaEntries _entries = new(Context.System.Scheduler);
    private readonly Dictionary<string, ILogger> _loggers = [];

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger: Sender.Tell(new LoggerInitialized()); break;
            case LogEvent entry: Write(entry); break;
            default: Unhandled(message); break;
        }
    }

    private void Write(LogEvent entry)
    {
        if (_entries.Of(entry) is not { } shown) return;
        var category = entry.LogClass == typeof(DummyClassForStringSources)
            ? $"Akka.{shown.Source}" : entry.LogClass.FullName ?? shown.Source;
        if (!_loggers.TryGetValue(category, out var logger))
            logger = _loggers[category] = _factory.CreateLogger(category);
        logger.Log(shown.Level, default, shown.Message, shown.Cause, (text, _) => text);
    }

    private static ILoggerFactory FactoryOf(ActorSystem system)
    {
        var setup = system.Settings.Setup.Get<LoggerFactorySetup>();
        Invariant.Holds(setup.HasValue, $"the actor system has no logger factory");
        return setup.Value.LoggerFactory;
    }
}
