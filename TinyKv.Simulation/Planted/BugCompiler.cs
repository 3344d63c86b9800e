using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Raft;

namespace TinyKv.Simulation.Planted;

/// <summary>
/// Compiles sources of the product, with a bug in them, together with a simulation's into an assembly in memory, and
/// runs seeds there. Nothing on the disk changes. What was loaded stays until the process ends: a thread of a simulated
/// store may still be there.
/// </summary>
internal sealed class BugCompiler
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
    private readonly Ground _ground;
    private readonly CSharpCompilation _sound;
    private readonly ILookup<string, TypeDeclarationSyntax> _types;

    /// <summary>Reads and parses the sources.</summary>
    public BugCompiler(Ground ground)
    {
        _ground = ground;
        _sound = CSharpCompilation.Create(ground.Project,
            [.. ground.Sources.Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Parsing, path)),
                CSharpSyntaxTree.ParseText(GlobalUsings, Parsing)],
            ground.References.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
        _types = Patch.Types(_sound.SyntaxTrees);
    }

    /// <summary>Requires that a bug can be planted.</summary>
    /// <exception cref="SimulationException">It cannot.</exception>
    public void RequirePlace(PlantedBug bug) => Patch.Apply(bug, _types);

    /// <summary>The simulation over the product with <paramref name="bug"/> in it, or as it is.</summary>
    /// <returns>What runs so many seeds from a first one on, and returns the first failure.</returns>
    /// <exception cref="SimulationException">It cannot be planted, or does not compile.</exception>
    public Func<int, int, (int Seed, string Rule, string Text)?> Compile(PlantedBug? bug)
    {
        using var image = new MemoryStream();
        var emitted = (bug is null ? _sound : With(bug)).Emit(image);
        if (!emitted.Success)
            throw new SimulationException(string.Join(Environment.NewLine, emitted.Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(5)
                .Prepend<object>($"'{bug?.Name}' does not compile:")));
        image.Position = 0;
        var loaded = new AssemblyLoadContext(bug?.Name).LoadFromStream(image);
        var run = loaded.GetType(_ground.Campaign.FullName!)!.GetMethod(nameof(CoreCampaign.FirstFailure))!
            .CreateDelegate<Func<int, int, (int, string, string)?>>();
        return (first, count) =>
        {
            // Akka makes dispatchers and journals from names of types: these must be the loaded assembly's.
            using var names = AssemblyLoadContext.EnterContextualReflection(loaded);
            return run(first, count);
        };
    }

    private CSharpCompilation With(PlantedBug bug)
    {
        var (tree, text) = Patch.Apply(bug, _types);
        return _sound.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(text, Parsing, tree.FilePath));
    }
}
