using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted;

/// <summary>
/// Finds the place of a bug by the type and the tokens that it replaces: files may be moved, split and laid out anew.
/// </summary>
internal static class Patch
{
    /// <summary>The one place in the sources that the bug changes.</summary>
    /// <param name="bug">The bug.</param>
    /// <param name="types">The types in the sources, by name.</param>
    /// <exception cref="SimulationException">The place is not there, or not only once.</exception>
    public static Place Find(PlantedBug bug, ILookup<string, TypeDeclarationSyntax> types)
    {
        if (!types.Contains(bug.Type))
            throw new SimulationException($"'{bug.Name}' is planted in {bug.Type}, and there is no such type");
        var places = All(bug, types);
        if (places.Count != 1)
            throw new SimulationException($"what '{bug.Name}' replaces is in {bug.Type} {places.Count} times: {bug.Old}");
        return places[0];
    }

    /// <summary>Everywhere in the sources where what the bug replaces is.</summary>
    public static IReadOnlyList<Place> All(PlantedBug bug, ILookup<string, TypeDeclarationSyntax> types)
    {
        // Without what is between tokens; where some end, as in "..", the parser decides, and nobody else.
        var old = string.Concat(SyntaxFactory.ParseTokens(bug.Old).Select(token => token.Text));
        return [.. types[bug.Type].SelectMany(type => Places(type, old))];
    }

    /// <summary>The types in sources, by name.</summary>
    public static ILookup<string, TypeDeclarationSyntax> Types(IEnumerable<SyntaxTree> sources) => sources
        .SelectMany(tree => tree.GetRoot().DescendantNodes(
            node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax or TypeDeclarationSyntax))
        .OfType<TypeDeclarationSyntax>().ToLookup(type => type.Identifier.Text);

    private static IEnumerable<Place> Places(TypeDeclarationSyntax type, string old)
    {
        var tokens = type.DescendantTokens().ToArray();
        for (var first = 0; first < tokens.Length; first++)
        {
            var (next, matched) = (first, 0);
            while (next < tokens.Length && old.AsSpan(matched).StartsWith(tokens[next].Text, StringComparison.Ordinal)
                && matched < old.Length) matched += tokens[next++].Text.Length;
            if (matched < old.Length) continue;
            yield return new Place(type.SyntaxTree, TextSpan.FromBounds(tokens[first].SpanStart, tokens[next - 1].Span.End));
        }
    }
}

/// <summary>Where in the sources a bug is planted.</summary>
/// <param name="Tree">The file.</param>
/// <param name="Span">What is replaced in it.</param>
internal sealed record Place(SyntaxTree Tree, TextSpan Span);
