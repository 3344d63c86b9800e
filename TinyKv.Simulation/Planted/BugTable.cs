namespace TinyKv.Simulation.Planted;

/// <summary>The table of the planted bugs in docs/testing.md.</summary>
internal static class BugTable
{
    /// <summary>Its lines.</summary>
    public static IEnumerable<string> Lines(params IEnumerable<BugHunt> hunts) =>
    [
        "| subject | planted bug | in | must break | found by | what goes wrong |",
        "|---|---|---|---|---|---|",
        .. from hunt in hunts
           from subject in hunt.Subjects
           from bug in subject.Bugs
           select $"| {subject.Name} | {bug.Name} | `{bug.Type}` | {string.Join(" or ", bug.Breaks.Select(rule => $"`{rule}`"))} "
               + $"| seed {bug.Seed} | {bug.Why} |",
    ];
}
