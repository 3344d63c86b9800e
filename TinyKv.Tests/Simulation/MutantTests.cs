using TinyKv.Simulation.Mutants;
using TinyKv.Tests.Architecture;
using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation;

/// <summary>
/// Tests the simulation of the core: it must find each bug of <see cref="MutantList"/>, and nothing without one.
/// </summary>
[Trait("lane", "slow")]
public sealed class MutantTests(ITestOutputHelper output)
{
    private static readonly Lazy<MutantHunt> Hunt = new(() => MutantHunt.Core);

    public static TheoryData<string> Names => [.. MutantList.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_simulation_finds(string name) => output.WriteLine(Hunt.Value.MustFind(name));

    [Fact]
    public void The_simulation_finds_nothing_in_the_core_as_it_is() => Hunt.Value.MustFindNothing(Hunt.Value.Seeds);
}

/// <summary>
/// Tests the simulation of nodes: it must find each bug of <see cref="NodeMutantList"/>, and nothing without one.
/// </summary>
[Trait("lane", "slow")]
public sealed class NodeMutantTests(ITestOutputHelper output)
{
    private static readonly Lazy<MutantHunt> Hunt = new(() => MutantHunt.Nodes);

    public static TheoryData<string> Names => [.. NodeMutantList.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_simulation_finds(string name) => output.WriteLine(Hunt.Value.MustFind(name));

    [Fact]
    public void The_simulation_finds_nothing_in_the_actors_as_they_are() => Hunt.Value.MustFindNothing(5);

    [Fact]
    public void The_table_in_the_documentation_lists_every_planted_bug()
    {
        var table = Repository.Read("docs/testing.md").Split('\n')
            .Where(line => line.EndsWith('|') && line.Contains(" | seed ", StringComparison.Ordinal))
            .Select(line => line.Split('|')[1].Trim());
        Assert.Equal(
            MutantList.All.Concat(NodeMutantList.All).Select(mutant => mutant.Name).Order(StringComparer.Ordinal),
            table.Order(StringComparer.Ordinal));
    }
}
