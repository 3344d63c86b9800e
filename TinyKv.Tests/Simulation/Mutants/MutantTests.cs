using Xunit.Abstractions;

namespace TinyKv.Tests.Simulation.Mutants;

/// <summary>
/// Tests the simulation: it must find each bug of <see cref="MutantList"/>, and nothing without one.
/// </summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    // The slowest of the bugs shows well within it; a bug that needs more asks for a better simulation.
    private const int Seeds = 600;
    private static readonly Lazy<MutantCompiler> Compiler = new();

    public static TheoryData<string> Names => [.. MutantList.All.Select(mutant => mutant.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_simulation_finds(string name)
    {
        var mutant = MutantList.All.Single(mutant => mutant.Name == name);
        var failure = Compiler.Value.FirstFailure(mutant, Seeds);
        Assert.True(failure is not null, $"{Seeds} seeds did not find '{name}': {mutant.Why}");
        output.WriteLine(failure);
    }

    [Fact]
    public void The_simulation_finds_nothing_in_the_core_as_it_is()
    {
        var failure = Compiler.Value.FirstFailure(null, Seeds);
        Assert.True(failure is null, failure);
    }
}
