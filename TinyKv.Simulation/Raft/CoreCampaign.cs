namespace TinyKv.Simulation.Raft;

/// <summary>Runs many seeds.</summary>
public static class CoreCampaign
{
    private const int TraceLinesShown = 100;

    /// <summary>Runs seeds until one fails.</summary>
    /// <returns>The first failure in a form to read, or null.</returns>
    public static string? FirstFailure(int first, int count)
    {
        foreach (var outcome in Run(first, count))
            if (outcome.Failure is not null) return Describe(outcome.Seed);
        return null;
    }

    /// <summary>Runs seeds, one after the other.</summary>
    public static IEnumerable<CoreOutcome> Run(int first, int count) =>
        Enumerable.Range(first, count).Select(seed => CoreSimulation.Run(seed));

    /// <summary>A failure with the way to it and the command that shows all of it.</summary>
    public static string Describe(int seed)
    {
        var outcome = CoreSimulation.Run(seed, readable: true);
        return string.Join(Environment.NewLine,
        [
            $"seed {seed} failed in step {outcome.Steps}: {outcome.Failure?.Message}",
            $"replay: dotnet run --project TinyKv.Simulation -- core --seed {seed}",
            .. outcome.Trace.Take(1),
            "...",
            .. outcome.Trace.Skip(Math.Max(1, outcome.Trace.Count - TraceLinesShown)),
            $"{outcome.Failure}",
        ]);
    }
}
