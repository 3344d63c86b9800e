using System.Globalization;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Runs the Raft core in a world where everything goes wrong; docs/testing.md says how to use it.
/// </summary>
[Trait("lane", "slow")]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 3000;

    [Fact]
    public void Every_seed_keeps_the_invariants_and_recovers()
    {
        if (Number("TINYKV_SIM_SEED") is { } seed)
        {
            Replay(seed);
            return;
        }
        var count = Number("TINYKV_SIM_SEEDS") ?? DefaultSeeds;
        var (failure, marks, steps) = Campaign.Run(Number("TINYKV_SIM_FIRST") ?? 1, count);
        output.WriteLine($"{count} seeds, {steps:N0} steps{Environment.NewLine}{marks}");
        Assert.True(failure is null, failure);
        if (count >= DefaultSeeds) Assert.Empty(marks.Missing);
    }

    [Fact]
    public void A_seed_that_runs_twice_does_the_same_twice()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (first, second) = (Simulation.Run(seed), Simulation.Run(seed, readable: true));
            Assert.Null(first.Failure);
            Assert.Equal((first.Hash, first.Steps), (second.Hash, second.Steps));
        }
    }

    [Fact]
    public void Different_seeds_do_different_things()
    {
        var hashes = Enumerable.Range(1, 50).Select(seed => Simulation.Run(seed).Hash);
        Assert.Equal(50, hashes.Distinct().Count());
    }

    private void Replay(int seed)
    {
        var outcome = Simulation.Run(seed, readable: true);
        foreach (var line in outcome.Trace) output.WriteLine(line);
        Assert.True(outcome.Failure is null, Campaign.Describe(outcome));
    }

    private static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
