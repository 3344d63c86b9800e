using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using TinyKv.Actors.Telemetry;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace TinyKv.Host.Server;

/// <summary>Brings the messages of the actor system into our log. Named in <c>akka.loggers</c>.</summary>
internal sealed class AkkaConsoleLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private readonly LogSettings _settings = new(
        ToLevel(Logging.LogLevelFor(Context.System.Settings.LogLevel)));

    private readonly LogLimit _limit = new(Context.System.Scheduler);

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            case LogEvent entry:
                Write(entry, _settings, _limit);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Writes an entry if the settings let it through.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="settings">What is logged.</param>
    /// <param name="limit">Bounds what Akka says, which others can make it say as often as they like.</param>
    /// <param name="line">Writes it; null: to standard output.</param>
    public static void Write(LogEvent entry, LogSettings settings, LogLimit? limit = null, LogLine? line = null)
    {
        var level = ToLevel(entry.LogLevel());
        var framework = entry.LogClass?.Namespace?.StartsWith("Akka", StringComparison.Ordinal) ?? false;
        if (level < (framework ? settings.FrameworkLevel : settings.Level)) return;
        var omitted = 0L;
        if (framework && settings.Level > MsLogLevel.Debug
            && limit?.Allows($"{entry.LogClass!.FullName} {level}", out omitted) is false) return;
        (line ?? ConsoleLog.Write)(
            entry.Timestamp, level, Source(entry), ConsoleLog.WithOmitted($"{entry.Message}", omitted), entry.Cause);
    }

    // "[akka://tinykv/user/store#42]" names an actor; its class says more than the numbers in its path.
    private static string Source(LogEvent entry)
    {
        var path = entry.LogSource.Trim('[', ']');
        var user = path.IndexOf("/user/", StringComparison.Ordinal);
        if (user < 0) return entry.LogClass?.Name ?? path;
        var end = path.IndexOf('#', user);
        return end < 0 ? path[(user + 6)..] : path[(user + 6)..end];
    }

    private static MsLogLevel ToLevel(Akka.Event.LogLevel level) => level switch
    {
        Akka.Event.LogLevel.DebugLevel => MsLogLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => MsLogLevel.Information,
        Akka.Event.LogLevel.WarningLevel => MsLogLevel.Warning,
        _ => MsLogLevel.Error,
    };
}
