using System.Text.RegularExpressions;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Mutants;

/// <summary>A list of planted bugs, and the budget of seeds within which each must be found.</summary>
internal sealed partial class MutantHunt(MutantGround ground, IReadOnlyList<Mutant> mutants, int seeds)
{
    private readonly MutantCompiler _compiler = new(ground);

    /// <summary>In the core.</summary>
    public static MutantHunt Core => new(MutantGround.Core, MutantList.All, 600);

    /// <summary>In the actors and journals.</summary>
    public static MutantHunt Nodes => new(MutantGround.Nodes, NodeMutantList.All, 150);

    /// <summary>The budget. A bug that needs more asks for a better simulation.</summary>
    public int Seeds => seeds;

    /// <summary>Looks for a bug; what was found.</summary>
    /// <exception cref="SimulationException">Nothing was found.</exception>
    public string MustFind(string name)
    {
        var mutant = mutants.Single(mutant => mutant.Name == name);
        return _compiler.FirstFailure(mutant, seeds)
            ?? throw new SimulationException($"{seeds} seeds did not find '{name}': {mutant.Why}");
    }

    /// <summary>Looks where no bug was planted.</summary>
    /// <exception cref="SimulationException">Something was found.</exception>
    public void MustFindNothing(int count)
    {
        if (_compiler.FirstFailure(null, count) is { } failure) throw new SimulationException(failure);
    }

    /// <summary>For each bug with a word in its name: a line of the table in docs/testing.md, and what was found.</summary>
    public IEnumerable<(string Line, string? Failure)> Table(string word) =>
        from mutant in mutants
        where mutant.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
        let failure = _compiler.FirstFailure(mutant, seeds)
        select ($"| {mutant.Name} | `{Path.GetFileNameWithoutExtension(mutant.File)}` | " +
            $"{(failure is null ? "NOT FOUND" : Seed().Match(failure).Value)} | {mutant.Why} |", failure);

    [GeneratedRegex(@"seed \d+", RegexOptions.None, 5000)]
    private static partial Regex Seed();
}
