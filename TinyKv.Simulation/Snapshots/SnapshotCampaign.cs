using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Snapshots;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Failure">What went wrong, or null.</param>
/// <param name="Hash">A digest of all that happened; equal for equal runs.</param>
/// <param name="Trace">What happened, line by line; empty unless asked for.</param>
public sealed record SnapshotOutcome(int Seed, Finding? Failure, ulong Hash, IReadOnlyList<string> Trace)
    : IOutcome<SnapshotMark>
{
    /// <summary>The states that it reached.</summary>
    internal Marks<SnapshotMark> Marks { get; init; } = new();

    bool IOutcome<SnapshotMark>.Failed => Failure is not null;

    Marks<SnapshotMark> IOutcome<SnapshotMark>.Marks => Marks;

    /// <summary>One line; the same for the same seed in every process.</summary>
    public override string ToString() => $"seed {Seed} hash {Hash:x16} {(Failure is null ? "ok" : $"FAILED {Failure}")}";
}

/// <summary>Runs many seeds.</summary>
public static class SnapshotCampaign
{
    /// <summary>Runs seeds until one fails.</summary>
    /// <returns>The first failure, in types that copies of this assembly share, or null.</returns>
    public static (int Seed, string Rule, string Text)? FirstFailure(int first, int count)
    {
        foreach (var outcome in Run(first, count))
            if (outcome.Failure is { } found) return (outcome.Seed, $"{found.Rule}", found.Text);
        return null;
    }

    /// <summary>Runs seeds, one after the other.</summary>
    public static IEnumerable<SnapshotOutcome> Run(int first, int count) =>
        Enumerable.Range(first, count).Select(seed => Run(seed));

    /// <summary>Runs one seed; keeps a trace to read if <paramref name="readable"/>.</summary>
    public static SnapshotOutcome Run(int seed, bool readable = false)
    {
        var simulation = new SnapshotSimulation(seed, readable);
        Finding? failure = null;
        try
        {
            simulation.Run();
        }
        // Whatever is thrown at valid input is a finding, like a broken rule.
        catch (Exception exception)
        {
            failure = Finding.Of(exception);
        }
        return new SnapshotOutcome(seed, failure, simulation.Trace.Hash, simulation.Trace.Lines)
        {
            Marks = simulation.Marks,
        };
    }
}
