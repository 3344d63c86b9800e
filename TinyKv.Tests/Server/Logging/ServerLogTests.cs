using Akka.Actor;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Server.Logging;

namespace TinyKv.Tests.Server.Logging;

public sealed class ServerLogTests
{
    private static readonly DateTime Time = new(2030, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc);

    [Fact]
    public void A_message_is_one_line_whatever_is_in_it() => Assert.Equal(
        "2030-01-02T03:04:05.006Z INFO  store: a | b\n",
        LineFormatter.Format(Time, LogLevel.Information, "store", "a\nb", null));

    [Fact]
    public void A_line_names_the_actor_or_else_the_class_without_its_namespace()
    {
        Assert.EndsWith("Z INFO  store/region-1/peer: leads\n", Line(
            "TinyKv.Actors.Raft.RaftPeer", new AkkaEntry(LogLevel.Information, "store/region-1/peer", "leads", null)));
        Assert.EndsWith("Z INFO  Kestrel: starts\n", Line("Microsoft.AspNetCore.Server.Kestrel", "starts"));
    }

    [Fact]
    public void The_lines_of_a_stack_trace_are_indented()
    {
        var cause = new InvalidOperationException("x\ny");
        var text = LineFormatter.Format(Time, LogLevel.Error, "store", "failed", cause);
        Assert.All(text.TrimEnd('\n').Split('\n').Skip(1),
            line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void What_others_make_the_frameworks_say_is_so_many_lines_a_minute_and_a_count()
    {
        var clock = new Clock();
        var (entries, lines) = (new AkkaEntries(clock), new List<string>());
        void Say(Type source)
        {
            if (entries.Of(new Akka.Event.Warning("source", source, "a peer's doing")) is { } shown) lines.Add(shown.Message);
        }

        for (var i = 0; i < 1000; i++) Say(typeof(ActorSystem));
        Assert.Equal(10, lines.Count);
        clock.MonotonicClock += TimeSpan.FromMinutes(1);
        Say(typeof(ActorSystem));
        Assert.Equal("a peer's doing (990 more from here were not logged)", lines[^1]);
        for (var i = 0; i < 20; i++) Say(typeof(ServerLogTests));
        Assert.Equal(31, lines.Count);
    }

    [Fact]
    public void What_clients_make_the_ports_say_is_so_many_lines_a_minute()
    {
        var log = new Lines();
        using var provider = new PortLoggerProvider(log);
        var (kestrel, services) = (provider.CreateLogger("Microsoft.Kestrel"), provider.CreateLogger("TinyKv.Server.Grpc"));
        for (var i = 0; i < 1000; i++)
        {
            kestrel.Log(LogLevel.Warning, new EventId(i % 2), "a client's doing", null, (text, _) => text);
            services.Log(LogLevel.Error, new EventId(1), "a client's doing", null, (text, _) => text);
        }
        Assert.Equal(30, log.Count);
    }

    [Theory]
    [InlineData(LogLevel.Information, LogLevel.Warning)]
    [InlineData(LogLevel.Error, LogLevel.Error)]
    [InlineData(LogLevel.Debug, LogLevel.Debug)]
    public void Frameworks_are_quiet_unless_everything_is_asked_for(LogLevel level, LogLevel expected) =>
        Assert.Equal(expected, new LogSettings(level).FrameworkLevel);

    private static string Line<T>(string category, T state)
    {
        using var text = new StringWriter();
        new LineFormatter().Write(new LogEntry<T>(
            LogLevel.Information, category, default, state, null, (said, _) => $"{said}"), scopeProvider: null, text);
        return text.ToString();
    }

    private sealed class Clock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UnixEpoch + MonotonicClock;

        public TimeSpan MonotonicClock { get; set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public int Count { get; private set; }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) { }

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => Count++;
    }
}
