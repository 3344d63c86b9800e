using Akka.Actor;
using TinyKv.Actors.Telemetry;

namespace TinyKv.Server.Logging;

/// <summary>
/// Brings what one port says into the log of the process. Clients can make the frameworks and us warn as often as they
/// like: so many lines a minute of one kind, and how many were left out; everything where everything is asked for.
/// </summary>
/// <param name="logs">The log of the process.</param>
internal sealed class PortLoggerProvider(ILoggerFactory logs) : ILoggerProvider
{
    private readonly LogLimit _limit = new(new MachineClock());

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, logs.CreateLogger(categoryName), _limit);

    /// <inheritdoc/>
    public void Dispose() { }

    private sealed class Logger(string category, ILogger log, LogLimit limit) : ILogger
    {
        // ASP.NET Core begins one for each request, and each would copy the execution context.
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var omitted = 0L;
            if (logLevel >= LogLevel.Warning && !IsEnabled(LogLevel.Debug)
                && !limit.Allows($"{category} {eventId.Id}", out omitted)) return;
            log.Log(logLevel, eventId, state, exception, omitted == 0 ? formatter
                : (said, cause) => AkkaEntries.WithOmitted(formatter(said, cause), omitted));
        }
    }

    private sealed class MachineClock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UtcNow;

        public TimeSpan MonotonicClock => TimeSpan.FromMilliseconds(Environment.TickCount64);

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
