using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Core;

/// <summary>How logs become equal.</summary>
internal static class LogBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("log",
    [
        new("a late append that truncates", [Rule.LogMatching], 1, "RaftLog",
            "if (Matches(entries[i].Position)) continue;",
            "",
            "An append that arrives twice removes acknowledged entries behind it."),
        new("an append taken whatever precedes it", [Rule.LogMatching], 22, "Follower",
            "else if (log.Matches(previous))",
            "else if (previous.Index <= log.Last.Index)",
            "Logs that agree in an entry differ in what is before it."),
        new("appends that are never sent again", [Rule.Serves], 3, "Progress",
            """
            tick - _sentAt < _options.HeartbeatTicks) return false;
            AwaitsProbe = false;
            return true;
            """,
            """
            tick - _sentAt < _options.HeartbeatTicks) return false;
            AwaitsProbe = false;
            return false;
            """,
            "One lost message leaves a follower behind for ever."),
    ]);
}
