namespace TinyKv.Simulation.Raft;

/// <summary>Runs many seeds.</summary>
public static class CoreCampaign
{
    private const int TraceLinesShown = 100;

    /// <summary>Runs seeds until one fails.</summary>
    /// <returns>The first failure, in types that copies of this assembly share, or null.</returns>
    public static (int Seed, string Rule, string Text)? FirstFailure(int first, int count)
    {
        foreach (var outcome in Run(first, count))
            if (outcome.Failure is { } found) return (outcome.Seed, $"{found.Rule}", $"in step {outcome.Steps}: {found.Text}");
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
            $"seed {seed} failed in step {outcome.Steps}: {outcome.Failure}",
            $"replay: dotnet run --project TinyKv.Simulation -- core --seed {seed}",
            .. outcome.Trace.Take(1),
            "...",
            .. outcome.Trace.Skip(Math.Max(1, outcome.Trace.Count - TraceLinesShown)),
            $"{outcome.Failure?.Cause}",
        ]);
    }
}
