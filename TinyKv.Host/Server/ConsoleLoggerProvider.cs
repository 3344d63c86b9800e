namespace TinyKv.Host.Server;

/// <summary>Brings the messages of ASP.NET Core and gRPC into our log.</summary>
internal sealed class ConsoleLoggerProvider(LogSettings settings) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, settings);

    /// <inheritdoc/>
    public void Dispose() { }

    private sealed class Logger(string category, LogSettings settings) : ILogger
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
            if (IsEnabled(logLevel))
                ConsoleLog.Write(DateTime.UtcNow, logLevel, _source, formatter(state, exception), exception);
        }
    }
}
