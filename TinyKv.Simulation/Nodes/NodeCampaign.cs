namespace TinyKv.Simulation.Nodes;

/// <summary>Runs many seeds.</summary>
public static class NodeCampaign
{
    private const int TraceLinesShown = 200;

    /// <summary>Runs seeds until one fails.</summary>
    /// <returns>The first failure, in types that copies of this assembly share, or null.</returns>
    public static (int Seed, string Rule, string Text)? FirstFailure(int first, int count)
    {
        for (var seed = first; seed < first + count; seed++)
            if (NodeSimulation.Run(seed).Failure is { } found) return (seed, $"{found.Rule}", found.Text);
        return null;
    }

    /// <summary>Runs seeds, two at a time; the outcomes by ascending seed.</summary>
    public static IEnumerable<NodeOutcome> Run(int first, int count) =>
        Enumerable.Range(first, count).AsParallel().AsOrdered().WithDegreeOfParallelism(2)
            .WithMergeOptions(ParallelMergeOptions.NotBuffered).Select(seed => NodeSimulation.Run(seed));

    /// <summary>A failure with the way to it and the command that shows all of it.</summary>
    public static string Describe(int seed)
    {
        var outcome = NodeSimulation.Run(seed, readable: true);
        return string.Join(Environment.NewLine,
        [
            $"seed {seed} {outcome.Failure}",
            $"replay: dotnet run --project TinyKv.Simulation -- nodes --seed {seed}",
            .. outcome.Trace.Take(1),
            "...",
            .. outcome.Trace.Skip(Math.Max(1, outcome.Trace.Count - TraceLinesShown)),
        ]);
    }
}
