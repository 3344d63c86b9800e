using TinyKv.Simulation.Common;
using TinyKv.Simulation.Snapshots;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>Fetches and installs snapshots where everything goes wrong; docs/testing.md says how to use it.</summary>
[Trait("lane", "slow")]
public sealed class SnapshotSimulationTests(ITestOutputHelper output)
{
    private const int Seeds = 3000;

    [Fact]
    public void Every_seed_ends_with_the_snapshot_and_no_half_of_one_was_ever_there()
    {
        var marks = new Marks<SnapshotMark>();
        foreach (var outcome in SnapshotCampaign.Run(1, Seeds))
        {
            Assert.True(outcome.Failure is null, $"{outcome}");
            marks.Add(outcome.Marks);
        }
        output.WriteLine($"{Seeds} seeds{Environment.NewLine}{marks}");
        Assert.Empty(marks.Missing);
    }

    [Fact]
    public void A_seed_that_runs_twice_does_the_same_twice()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (first, second) = (SnapshotCampaign.Run(seed), SnapshotCampaign.Run(seed, readable: true));
            Assert.Equal(first.Hash, second.Hash);
        }
    }
}
