using System.Diagnostics;
using System.Globalization;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Nodes;
using TinyKv.Testing.Processes;
using TinyKv.Tests.Clusters;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Runs the actors of whole stores in a world where everything goes wrong; docs/testing.md says how to use it.
/// </summary>
[Trait("lane", "slow")]
public sealed class NodeSimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 60;

    [Fact]
    public void Every_seed_keeps_its_promises_and_recovers()
    {
        var (marks, steps, operations, began) = (new Marks<NodeMark>(), 0L, 0L, Stopwatch.StartNew());
        foreach (var outcome in NodeCampaign.Run(1, Seeds))
        {
            Assert.True(outcome.Failure is null, outcome.Failure is null ? null : NodeCampaign.Describe(outcome.Seed));
            marks.Add(outcome.Marks);
            steps += outcome.Steps;
            operations += outcome.Operations;
        }
        output.WriteLine($"{Seeds} seeds of a minute in {began.Elapsed.TotalSeconds:F0} s, {steps:N0} steps, " +
            $"{operations:N0} operations{Environment.NewLine}{marks}");
        if (Seeds >= DefaultSeeds) Assert.Empty(marks.Missing);
    }

    [Fact]
    public void A_seed_that_runs_twice_does_the_same_twice()
    {
        for (var seed = 1; seed <= 4; seed++)
        {
            var (first, second) = (NodeSimulation.Run(seed), NodeSimulation.Run(seed, readable: true));
            Assert.Equal(first.ToString(), second.ToString());
        }
    }

    [Fact]
    public async Task A_seed_does_the_same_in_another_process()
    {
        var (_, there, _) = await Command.TryAsync(Shell.Simulation("nodes", "--count", "3"));

        var here = Enumerable.Range(1, 3).Select(seed => NodeSimulation.Run(seed));
        Assert.Equal(here.Select(outcome => outcome.ToString()), there.TrimEnd().Split(Environment.NewLine));
    }

    [Fact]
    public void Different_seeds_do_different_things()
    {
        var hashes = NodeCampaign.Run(1, 8).Select(outcome => outcome.Hash);
        Assert.Equal(8, hashes.Distinct().Count());
    }

    private static int Seeds => Environment.GetEnvironmentVariable("TINYKV_NODE_SEEDS") is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultSeeds;
}
