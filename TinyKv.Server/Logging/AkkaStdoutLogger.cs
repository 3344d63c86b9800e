using Akka.Event;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace TinyKv.Server.Logging;

/// <summary>
/// What the actor system says before its logger runs and after it has stopped, as lines that people read: only what needs
/// attention. Named in <c>akka.stdout-logger-class</c>; Akka makes it without a way to tell it of the log.
/// </summary>
internal sealed class AkkaStdoutLogger : MinimalLogger
{
    private readonly AkkaEntries _entries = new(clock: null);

    /// <inheritdoc/>
    protected override void Log(object message)
    {
        if (message is LogEvent entry && AkkaEntries.ToLevel(entry.LogLevel()) >= MsLogLevel.Warning
            && _entries.Of(entry) is { } shown)
            Console.Out.Write(LineFormatter.Format(entry.Timestamp, shown.Level, shown.Source, shown.Message, shown.Cause));
    }
}
