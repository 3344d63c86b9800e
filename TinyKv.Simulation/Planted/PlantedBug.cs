using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted;

/// <summary>A bug to plant, to see whether a simulation finds it.</summary>
/// <param name="Name">The bug, in a few words.</param>
/// <param name="Breaks">The rule that must stop the run; several, where it is chance which of them comes first.</param>
/// <param name="Seed">The seed that found it last: the search begins there.</param>
/// <param name="Type">The type in whose code it is.</param>
/// <param name="Old">Code that is in the type exactly once; how it is laid out does not matter.</param>
/// <param name="New">What replaces it.</param>
/// <param name="Why">What goes wrong with it.</param>
internal sealed record PlantedBug(
    string Name, IReadOnlyList<Rule> Breaks, int Seed, string Type, string Old, string New, string Why);

/// <summary>Bugs about one thing.</summary>
/// <param name="Name">What they are about.</param>
/// <param name="Bugs">The bugs.</param>
internal sealed record Subject(string Name, IReadOnlyList<PlantedBug> Bugs);

/// <summary>What became of a planted bug.</summary>
/// <param name="Bug">The bug; null: none was planted.</param>
/// <param name="Found">The seed that found a rule broken that the bug breaks; null: there is none.</param>
/// <param name="Others">Seeds before that which found other rules broken.</param>
internal sealed record Verdict(PlantedBug? Bug, FoundBy? Found, IReadOnlyList<FoundBy> Others)
{
    /// <summary>Why that is not as it must be, or null.</summary>
    public string? Problem => (Bug, Found) switch
    {
        (null, null) => null,
        (null, _) => $"nothing was planted, and {Found}",
        (_, not null) => null,
        _ => $"no seed finds {string.Join(" or ", Bug.Breaks)} broken: {Bug.Why}{Instead}",
    };

    private string Instead => Others.Count == 0 ? "" : $"{Environment.NewLine}instead: {string.Join("; instead: ", Others)}";

    /// <inheritdoc/>
    public override string ToString() => Problem ?? (Found is null ? "nothing"
        : $"{Found}{(Found.Seed == Bug!.Seed ? "" : $"{Environment.NewLine}the list says seed {Bug.Seed}")}{Instead}");
}

/// <summary>A seed that has failed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Rule">The rule that it found broken.</param>
/// <param name="Text">What happened, in a line.</param>
internal sealed record FoundBy(int Seed, Rule Rule, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"seed {Seed} {Rule}: {Text}";
}
