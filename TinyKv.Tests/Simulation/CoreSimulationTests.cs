using System.Globalization;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Raft;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Runs the Raft core in a world where everything goes wrong; docs/testing.md says how to use it.
/// </summary>
[Trait("lane", "slow")]
public sealed class CoreSimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 3000;

    [Fact]
    public void Every_seed_keeps_the_invariants_and_recovers()
    {
        var (marks, steps) = (new Marks<Mark>(), 0L);
        foreach (var outcome in CoreCampaign.Run(1, Seeds))
        {
            Assert.True(outcome.Failure is null, outcome.Failure is null ? null : CoreCampaign.Describe(outcome.Seed));
            marks.Add(outcome.Marks);
            steps += outcome.Steps;
        }
        output.WriteLine($"{Seeds} seeds, {steps:N0} steps{Environment.NewLine}{marks}");
        if (Seeds >= DefaultSeeds) Assert.Empty(marks.Missing);
    }

    [Fact]
    public void A_seed_that_runs_twice_does_the_same_twice()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (first, second) = (CoreSimulation.Run(seed), CoreSimulation.Run(seed, readable: true));
            Assert.Null(first.Failure);
            Assert.Equal((first.Hash, first.Steps), (second.Hash, second.Steps));
        }
    }

    [Fact]
    public void Different_seeds_do_different_things()
    {
        var hashes = Enumerable.Range(1, 50).Select(seed => CoreSimulation.Run(seed).Hash);
        Assert.Equal(50, hashes.Distinct().Count());
    }

    private static int Seeds => Environment.GetEnvironmentVariable("TINYKV_SIM_SEEDS") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultSeeds;
}
