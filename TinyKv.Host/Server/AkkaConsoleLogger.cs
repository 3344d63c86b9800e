using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;

namespace TinyKv.Host.Server;

/// <summary>Brings the messages of the actor system into our log. Named in <c>akka.loggers</c>.</summary>
internal sealed class AkkaConsoleLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly LogSettings _settings = new(
        AkkaEntries.ToLevel(Logging.LogLevelFor(Context.System.Settings.LogLevel)));

    private readonly AkkaEntries _entries = new(Context.System.Scheduler);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry:
                Write(entry, _settings, _entries);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Writes an entry if the settings let it through.</summary>
    public static void Write(LogEvent entry, LogSettings settings, AkkaEntries entries)
    {
        var framework = entry.LogClass?.Namespace?.StartsWith("Akka", StringComparison.Ordinal) ?? false;
        if (AkkaEntries.ToLevel(entry.LogLevel()) < (framework ? settings.FrameworkLevel : settings.Level)) return;
        if (entries.Of(entry) is { } shown)
            ConsoleLog.Write(entry.Timestamp, shown.Level, shown.Source, shown.Message, shown.Cause);
    }
}
