using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Raft;

namespace TinyKv.Simulation.Mutants;

/// <summary>
/// Compiles sources of the product, with a bug in them, together with a simulation's into an assembly in memory, and
/// runs seeds there. Nothing on the disk changes, and every mutant is gone when its run ends.
/// </summary>
internal sealed class MutantCompiler
{
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Preview, DocumentationMode.None);
    private readonly MutantGround _ground;
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _unmutated;

    /// <summary>Reads and parses the sources.</summary>
    public MutantCompiler(MutantGround ground)
    {
        _ground = ground;
        _trees = ground.Sources.ToDictionary(path => path, path => Parse(path, File.ReadAllText(path)));
        _unmutated = CSharpCompilation.Create(ground.Project,
            [.. _trees.Values, Parse("GlobalUsings.cs", GlobalUsings)],
            ground.References.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>
    /// Runs seeds on the product with <paramref name="mutant"/> in it, or as it is; the first failure.
    /// </summary>
    public string? FirstFailure(Mutant? mutant, int seeds)
    {
        using var image = new MemoryStream();
        var emitted = (mutant is null ? _unmutated : With(mutant)).Emit(image);
        if (!emitted.Success)
            throw new SimulationException(string.Join(Environment.NewLine, emitted.Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(5)
                .Prepend<object>($"'{mutant?.Name}' does not compile:")));
        image.Position = 0;
        var context = new AssemblyLoadContext(mutant?.Name, isCollectible: true);
        try
        {
            var mutated = context.LoadFromStream(image);
            // Akka makes dispatchers and journals from names of types: these must be the mutated assembly's.
            using var names = AssemblyLoadContext.EnterContextualReflection(mutated);
            var run = mutated.GetType(_ground.Campaign.FullName!)!
                .GetMethod(nameof(CoreCampaign.FirstFailure))!.CreateDelegate<Func<int, int, string?>>();
            return run(1, seeds);
        }
        finally
        {
            context.Unload();
        }
    }

    private CSharpCompilation With(Mutant mutant)
    {
        var path = Path.GetFullPath(Path.Combine(_ground.Root, mutant.File));
        var tree = _trees[path];
        return _unmutated.ReplaceSyntaxTree(tree, Parse(path, mutant.ApplyTo(tree.ToString())));
    }

    private static SyntaxTree Parse(string path, string text) =>
        CSharpSyntaxTree.ParseText(text, Parsing, path);
}
