using TinyKv.Simulation.Planted;
using TinyKv.Tests.Architecture;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>Tests the simulation of the core: it must find each planted bug, by a rule that it breaks, and nothing without
/// one.</summary>
[Trait("lane", "slow")]
public sealed class CoreBugTests(CoreBugTests.Hunt hunt, ITestOutputHelper output) : IClassFixture<CoreBugTests.Hunt>
{
    public static TheoryData<string> Names => [.. BugHunt.Core.Named("").Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_simulation_finds(string name)
    {
        var answer = await hunt.AskAsync(name);
        Assert.True(answer.Problem is null, answer.Problem);
        output.WriteLine(answer.Text);
    }

    [Fact]
    public async Task The_simulation_finds_nothing_in_the_core_as_it_is() => Assert.Null((await hunt.AskAsync("")).Problem);

    public sealed class Hunt() : BugHuntProcess("core");
}

/// <summary>Tests the simulation of nodes: it must find each planted bug, by a rule that it breaks, and nothing without
/// one.</summary>
[Trait("lane", "slow")]
public sealed class NodeBugTests(NodeBugTests.Hunt hunt, ITestOutputHelper output) : IClassFixture<NodeBugTests.Hunt>
{
    public static TheoryData<string> Names => [.. BugHunt.Nodes.Named("").Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_simulation_finds(string name)
    {
        var answer = await hunt.AskAsync(name);
        Assert.True(answer.Problem is null, answer.Problem);
        output.WriteLine(answer.Text);
    }

    [Fact]
    public async Task The_simulation_finds_nothing_in_the_actors_as_they_are() =>
        Assert.Null((await hunt.AskAsync("")).Problem);

    public sealed class Hunt() : BugHuntProcess("nodes");
}

/// <summary>Tests the simulation of snapshots: it must find each planted bug, by a rule that it breaks, and nothing without
/// one.</summary>
[Trait("lane", "slow")]
public sealed class SnapshotBugTests(SnapshotBugTests.Hunt hunt, ITestOutputHelper output)
    : IClassFixture<SnapshotBugTests.Hunt>
{
    public static TheoryData<string> Names => [.. BugHunt.Snapshots.Named("").Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_simulation_finds(string name)
    {
        var answer = await hunt.AskAsync(name);
        Assert.True(answer.Problem is null, answer.Problem);
        output.WriteLine(answer.Text);
    }

    [Fact]
    public async Task The_simulation_finds_nothing_in_snapshots_as_they_are() =>
        Assert.Null((await hunt.AskAsync("")).Problem);

    public sealed class Hunt() : BugHuntProcess("snapshots");
}

/// <summary>The lists of planted bugs.</summary>
public sealed class PlantedBugTests
{
    [Fact]
    public void Every_bug_has_one_place_in_the_sources()
    {
        foreach (var hunt in BugHunt.All) hunt.RequirePlaces();
    }

    [Fact]
    public void Every_bug_has_a_name_of_its_own_and_a_rule_to_break()
    {
        PlantedBug[] bugs = [.. BugHunt.All.SelectMany(hunt => hunt.Named(""))];
        Assert.Equal(bugs.Length, bugs.DistinctBy(bug => bug.Name).Count());
        Assert.All(bugs, bug => Assert.NotEmpty(bug.Breaks));
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_the_lists_say() => Assert.Contains(
        string.Join('\n', BugTable.Lines(BugHunt.All)), Repository.Read("docs/testing.md"),
        StringComparison.Ordinal);
}
