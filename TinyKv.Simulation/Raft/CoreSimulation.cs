using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Raft;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Failure">What went wrong, or null.</param>
/// <param name="Hash">A digest of all that happened; equal for equal runs.</param>
/// <param name="Steps">How many steps it took.</param>
/// <param name="Trace">What happened, line by line; empty unless asked for.</param>
public sealed record CoreOutcome(int Seed, Finding? Failure, ulong Hash, long Steps, IReadOnlyList<string> Trace)
    : IOutcome<Mark>
{
    /// <summary>The states that it reached.</summary>
    internal Marks<Mark> Marks { get; init; } = new();

    bool IOutcome<Mark>.Failed => Failure is not null;

    Marks<Mark> IOutcome<Mark>.Marks => Marks;

    /// <summary>One line; the same for the same seed in every process.</summary>
    public override string ToString() =>
        $"seed {Seed} hash {Hash:x16} steps {Steps} {(Failure is null ? "ok" : $"FAILED {Failure}")}";
}

/// <summary>Runs one seed: chaos, recovery, and a group with a hostile member.</summary>
public static class CoreSimulation
{
    /// <summary>Runs <paramref name="seed"/>; keeps a trace to read if <paramref name="readable"/>.</summary>
    public static CoreOutcome Run(int seed, bool readable = false)
    {
        var cluster = new Cluster(seed, readable);
        Finding? failure = null;
        try
        {
            new Chaos(cluster).Run();
            new Recovery(cluster).Run();
            new Hostility(cluster).Run();
        }
        // Whatever the core throws at valid input is a finding, like a broken invariant.
        catch (Exception exception)
        {
            failure = Finding.Of(exception);
        }
        return new CoreOutcome(seed, failure, cluster.Trace.Hash, cluster.StepNumber, cluster.Trace.Lines)
        {
            Marks = cluster.Marks,
        };
    }
}
