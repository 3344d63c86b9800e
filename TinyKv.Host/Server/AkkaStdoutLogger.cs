using Akka.Event;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace TinyKv.Host.Server;

/// <summary>
/// What the actor system says before its logger runs and after it has stopped, in our format: only what needs
/// attention. Named in <c>akka.stdout-logger-class</c>.
/// </summary>
internal sealed class AkkaStdoutLogger : MinimalLogger
{
    private static readonly LogSettings Settings = new(MsLogLevel.Warning);

    private readonly AkkaEntries _entries = new(clock: null);

    /// <inheritdoc/>
    protected override void Log(object message)
    {
        if (message is LogEvent entry) AkkaConsoleLogger.Write(entry, Settings, _entries);
    }
}
