using System.Collections;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Telemetry;
using MsLogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace TinyKv.Server.Logging;

/// <summary>A message of the actor system as a person reads it.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Source">The actor below <c>/user</c>, or who else says it.</param>
/// <param name="Message">One line or more, without level and time.</param>
/// <param name="Cause">What is shown with its stack trace.</param>
internal readonly record struct AkkaEntry(MsLogLevel Level, string Source, string Message, Exception? Cause)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    /// <summary>What formats for programs show beside the message.</summary>
    int IReadOnlyCollection<KeyValuePair<string, object?>>.Count => 1;

    KeyValuePair<string, object?> IReadOnlyList<KeyValuePair<string, object?>>.this[int index] => new(nameof(Source), Source);

    IEnumerator<KeyValuePair<string, object?>> IEnumerable<KeyValuePair<string, object?>>.GetEnumerator()
    {
        yield return new(nameof(Source), Source);
    }

    IEnumerator IEnumerable.GetEnumerator() =>
        ((IEnumerable<KeyValuePair<string, object?>>)this).GetEnumerator();

    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>
/// Makes entries of the actor system's messages. What others can make Akka warn of is not said more often than anybody
/// reads. Of connections, which peers break and strangers try, it says what happened in a short line, without a stack
/// trace, as a warning at most.
/// </summary>
/// <param name="clock">Of the actor system; null where there is none yet, and nothing is limited.</param>
internal sealed class AkkaEntries(ITimeProvider? clock)
{
    /// <summary>The most warnings from one class of Akka in a minute.</summary>
    public const int MaxInAMinute = 10;

    private const int LongestLine = 400;

    private readonly LogLimit? _limit = clock is null ? null : new(clock, MaxInAMinute);

    /// <summary>The entry for a message; null when nobody needs it.</summary>
    public AkkaEntry? Of(LogEvent entry)
    {
        var (level, source, message) = (ToLevel(entry.LogLevel()), Source(entry), $"{entry.Message}");
        var isOfConnections = IsOfConnections(entry);
        // The supervisor of a connection repeats what the connection has said.
        if (isOfConnections && entry.LogClass.IsAssignableTo(typeof(SupervisorStrategy))) return null;
        var omitted = 0L;
        var isLimited = level >= MsLogLevel.Warning && (isOfConnections || IsFrom(entry.LogClass, "Akka"));
        if (isLimited && _limit?.Allows($"{entry.LogClass.FullName} {level}", out omitted) is false) return null;
        if (!isOfConnections) return new AkkaEntry(level, source, WithOmitted(message, omitted), entry.Cause);
        var line = FirstLine(entry.Cause is { } cause ? $"{message}: {cause.GetType().Name}: {cause.Message}" : message);
        return new AkkaEntry(
            level > MsLogLevel.Warning ? MsLogLevel.Warning : level, source, WithOmitted(line, omitted), null);
    }

    /// <summary>The level by its other name.</summary>
    public static MsLogLevel ToLevel(Akka.Event.LogLevel level) => level switch
    {
        Akka.Event.LogLevel.DebugLevel => MsLogLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => MsLogLevel.Information,
        Akka.Event.LogLevel.WarningLevel => MsLogLevel.Warning,
        _ => MsLogLevel.Error,
    };

    private static bool IsOfConnections(LogEvent entry) =>
        IsRemoting(entry.LogClass) || (entry.Cause is { } cause && IsRemoting(cause.GetType()));

    private static bool IsRemoting(Type type) => IsFrom(type, "Akka.Remote") || IsFrom(type, "DotNetty");

    /// <summary>A message that says how many like it were left out before.</summary>
    public static string WithOmitted(string message, long omitted) =>
        omitted == 0 ? message : $"{message} ({omitted} more from here were not logged)";

    /// <summary>Whether a class is of a namespace, or of one below it.</summary>
    public static bool IsFrom(Type type, string space) =>
        type.Namespace?.StartsWith(space, StringComparison.Ordinal) ?? false;

    // "[akka://tinykv/user/store#42]" names an actor; its class says more than the numbers in its path. What is no actor
    // has a name of its own: "Cluster (akka://tinykv)".
    private static string Source(LogEvent entry)
    {
        var path = entry.LogSource.Trim('[', ']');
        var user = path.IndexOf("/user/", StringComparison.Ordinal);
        if (user >= 0)
        {
            var end = path.IndexOf('#', user);
            return end < 0 ? path[(user + 6)..] : path[(user + 6)..end];
        }
        if (entry.LogClass is { } type && type != typeof(DummyClassForStringSources)) return type.Name;
        var system = path.IndexOf('(', StringComparison.Ordinal);
        return system > 0 ? path[..system].TrimEnd() : path;
    }

    // A reason in brackets brings its stack trace along.
    private static string FirstLine(string message)
    {
        var end = message.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? message : message[..end].TrimEnd();
        if (end >= 0 && line.Count(c => c == '[') > line.Count(c => c == ']')) line += "]";
        return line.Length <= LongestLine ? line : line[..LongestLine] + "…";
    }
}
