namespace TinyKv.Tests.Simulation;

/// <summary>Runs many seeds.</summary>
public static class Campaign
{
    private const int TraceLinesShown = 100;
    private const string Filter = "FullyQualifiedName~SimulationTests";

    /// <summary>Runs seeds until one fails.</summary>
    /// <returns>The first failure in a form to read, or null.</returns>
    public static string? FirstFailure(int first, int count) => Run(first, count).Failure;

    /// <summary>Runs seeds until one fails, and adds up what they reached.</summary>
    internal static (string? Failure, Marks<Mark> Marks, long Steps) Run(int first, int count)
    {
        var (marks, steps) = (new Marks<Mark>(), 0L);
        for (var seed = first; seed < first + count; seed++)
        {
            var outcome = Simulation.Run(seed);
            marks.Add(outcome.Marks);
            steps += outcome.Steps;
            if (outcome.Failure is null) continue;
            return (Describe(Simulation.Run(seed, readable: true)), marks, steps);
        }
        return (null, marks, steps);
    }

    /// <summary>A failure with the way to it and the command that shows it again.</summary>
    internal static string Describe(Outcome outcome) => string.Join(Environment.NewLine,
    [
        $"seed {outcome.Seed} failed in step {outcome.Steps}: {outcome.Failure?.Message}",
        $"replay: TINYKV_SIM_SEED={outcome.Seed} dotnet test TinyKv.Tests --filter {Filter}",
        .. outcome.Trace.Take(1),
        "...",
        .. outcome.Trace.Skip(Math.Max(1, outcome.Trace.Count - TraceLinesShown)),
        $"{outcome.Failure}",
    ]);
}
