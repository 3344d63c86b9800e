using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Dispatch;
using Akka.Event;
using TinyKv.Core;

namespace TinyKv.Server.Logging;

/// <summary>Tells an actor system where its messages go.</summary>
/// <param name="factory">Makes the loggers.</param>
/// <param name="isQuiet">Whether Akka itself says only what needs attention, unless everything is asked for.</param>
public sealed class LogSetup(ILoggerFactory factory, bool isQuiet) : Setup
{
    /// <summary>Makes the loggers.</summary>
    public ILoggerFactory Factory => factory;

    /// <summary>Whether Akka itself says only what needs attention.</summary>
    public bool IsQuiet => isQuiet;
}

/// <summary>
/// Brings the messages of an actor system into the log: the category is the class of whoever says it. Named in
/// <c>akka.loggers</c>. Akka.Hosting's own logger says everything under one class, with level, time and stack trace once
/// more in the text, so that nothing could be limited by who says it.
/// </summary>
public sealed class AkkaLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly LogSetup _target = TargetOf(Context.System);
    private readonly LogSettings _settings =
        new(AkkaEntries.ToLevel(Akka.Event.Logging.LogLevelFor(Context.System.Settings.LogLevel)));

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
        if (_target.IsQuiet && AkkaEntries.IsFrom(entry.LogClass, "Akka")
            && AkkaEntries.ToLevel(entry.LogLevel()) < _settings.FrameworkLevel) return;
        if (_entries.Of(entry) is not { } shown) return;
        var category = entry.LogClass == typeof(DummyClassForStringSources)
            ? $"Akka.{shown.Source}" : entry.LogClass.FullName ?? shown.Source;
        if (!_loggers.TryGetValue(category, out var logger))
            logger = _loggers[category] = _target.Factory.CreateLogger(category);
        logger.Log(shown.Level, default, shown, shown.Cause, (said, _) => said.ToString());
    }

    private static LogSetup TargetOf(ActorSystem system)
    {
        var setup = system.Settings.Setup.Get<LogSetup>();
        Invariant.Holds(setup.HasValue, $"the actor system was not told where its messages go");
        return setup.Value;
    }
}
