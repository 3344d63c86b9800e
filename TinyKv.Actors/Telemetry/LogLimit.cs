using Akka.Actor;
using Akka.Event;

namespace TinyKv.Actors.Telemetry;

/// <summary>
/// What others can make a store log must not fill its disk: so many lines a minute of each kind, and how many were
/// left out in the first line after them. For any number of threads.
/// </summary>
/// <param name="clock">The time, from the actor system's scheduler.</param>
/// <param name="linesPerMinute">The most lines of one kind within a minute.</param>
public sealed class LogLimit(ITimeProvider clock, int linesPerMinute = 10)
{
    // Kinds come from the code; a caller that makes them from what it was sent must not fill the memory.
    private const int MaxKinds = 256;

    internal static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);

    /// <summary>Whether a line may be written now.</summary>
    /// <param name="kind">What is counted together.</param>
    /// <param name="omitted">The lines of this kind that were left out since the last one that was written.</param>
    public bool Allows(string kind, out long omitted)
    {
        lock (_windows)
        {
            if (!_windows.ContainsKey(kind) && _windows.Count >= MaxKinds) kind = "";
            var now = clock.MonotonicClock;
            var window = _windows.GetValueOrDefault(kind, new Window(now, 0, 0));
            if (now - window.Start >= Minute) window = window with { Start = now, Lines = 0 };
            var allowed = window.Lines < linesPerMinute;
            omitted = window.Omitted;
            _windows[kind] = allowed
                ? window with { Lines = window.Lines + 1, Omitted = 0 }
                : window with { Omitted = omitted + 1 };
            return allowed;
        }
    }

    /// <summary>Logs a warning, if one more may be written.</summary>
    /// <param name="log">Where to.</param>
    /// <param name="kind">What is counted together.</param>
    /// <param name="template">A message template, without a full stop.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Whether it was written.</returns>
    public bool Warning(ILoggingAdapter log, string kind, string template, params object[] arguments) =>
        Write(log, LogLevel.WarningLevel, kind, template, arguments);

    /// <summary>Logs what is worth knowing, if one more line may be written. As <see cref="Warning"/>.</summary>
    public bool Info(ILoggingAdapter log, string kind, string template, params object[] arguments) =>
        Write(log, LogLevel.InfoLevel, kind, template, arguments);

    private bool Write(ILoggingAdapter log, LogLevel level, string kind, string template, object[] arguments)
    {
        if (!Allows(kind, out var omitted)) return false;
        if (omitted == 0) log.Log(level, null, template, arguments);
        else log.Log(level, null, template + " ({Omitted} more were not logged)", [.. arguments, omitted]);
        return true;
    }

    private readonly record struct Window(TimeSpan Start, int Lines, long Omitted);
}
