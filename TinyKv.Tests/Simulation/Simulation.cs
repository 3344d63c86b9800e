namespace TinyKv.Tests.Simulation;

/// <summary>What came of one seed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Failure">What went wrong, or null.</param>
/// <param name="Hash">A digest of all that happened; equal for equal runs.</param>
/// <param name="Steps">How many steps it took.</param>
/// <param name="Marks">The states that it reached.</param>
/// <param name="Trace">What happened, line by line; empty unless asked for.</param>
internal sealed record Outcome(
    int Seed, Exception? Failure, ulong Hash, long Steps, Marks<Mark> Marks, IReadOnlyList<string> Trace);

/// <summary>Runs one seed: chaos, recovery, and a group with a hostile member.</summary>
internal static class Simulation
{
    /// <summary>Runs <paramref name="seed"/>; keeps a trace to read if <paramref name="readable"/>.</summary>
    public static Outcome Run(int seed, bool readable = false)
    {
        var cluster = new Cluster(seed, readable);
        Exception? failure = null;
        try
        {
            new Chaos(cluster).Run();
            new Recovery(cluster).Run();
            new Hostility(cluster).Run();
        }
        // Whatever the core throws at valid input is a finding, like a broken invariant.
        catch (Exception exception)
        {
            failure = exception;
        }
        return new Outcome(
            seed, failure, cluster.Trace.Hash, cluster.StepNumber, cluster.Marks, cluster.Trace.Lines);
    }
}
