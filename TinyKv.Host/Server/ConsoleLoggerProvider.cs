using Akka.Actor;
using TinyKv.Actors.Telemetry;

namespace TinyKv.Host.Server;

/// <summary>Brings the messages of ASP.NET Core and gRPC into our log.</summary>
internal sealed class ConsoleLoggerProvider(LogSettings settings, LogLine? line = null) : ILoggerProvider
{
    private readonly LogLimit _limit = new(new MachineClock());

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, settings, _limit, line ?? ConsoleLog.Write);

    /// <inheritdoc/>
    public void Dispose() { }

    private sealed class Logger(string category, LogSettings settings, LogLimit limit, LogLine line) : ILogger
    {
        private readonly string _source = category[(category.LastIndexOf('.') + 1)..];

        private readonly LogLevel _level =
            category.StartsWith("TinyKv.", StringComparison.Ordinal)
                ? settings.Level : settings.FrameworkLevel;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _level && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var omitted = 0L;
            // Clients can make the frameworks and us warn as often as they like.
            if (logLevel >= LogLevel.Warning && settings.Level > LogLevel.Debug
                && !limit.Allows($"{category} {eventId.Id}", out omitted)) return;
            line(DateTime.UtcNow, logLevel, _source,
                ConsoleLog.WithOmitted(formatter(state, exception), omitted), exception);
        }
    }

    private sealed class MachineClock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UtcNow;

        public TimeSpan MonotonicClock => TimeSpan.FromMilliseconds(Environment.TickCount64);

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
