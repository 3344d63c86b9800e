using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Mutants;

/// <summary>A bug to plant, to see whether a simulation finds it.</summary>
/// <param name="Name">The bug, in a few words.</param>
/// <param name="File">The file, below the folder of the list's <see cref="MutantGround"/>.</param>
/// <param name="Old">Text that occurs in the file exactly once.</param>
/// <param name="New">What replaces it.</param>
/// <param name="Why">What goes wrong with it.</param>
public sealed record Mutant(string Name, string File, string Old, string New, string Why)
{
    /// <summary>The file's text with the bug in it.</summary>
    /// <exception cref="SimulationException">It does not apply.</exception>
    public string ApplyTo(string source)
    {
        var count = source.Split(Old).Length - 1;
        if (count != 1)
            throw new SimulationException($"the text that '{Name}' replaces occurs {count} times in {File}: {Old}");
        return source.Replace(Old, New, StringComparison.Ordinal);
    }
}
