using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace TinyKv.Tests.Simulation.Mutants;

/// <summary>
/// Compiles the core's sources, with a bug in them, together with the simulation's into an assembly in
/// memory, and runs seeds there. Nothing on the disk changes, and every mutant is gone when its run ends.
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
    private readonly string _core = Path.Combine(Root(), "TinyKv.Core");
    private readonly Dictionary<string, SyntaxTree> _trees;
    private readonly CSharpCompilation _unmutated;

    /// <summary>Reads and parses the sources.</summary>
    public MutantCompiler()
    {
        var simulation = Path.Combine(Root(), "TinyKv.Tests", "Simulation");
        var sources = Directory.EnumerateFiles(_core, "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(_core, path).StartsWith("obj", StringComparison.Ordinal))
            .Concat(Directory.EnumerateFiles(simulation, "*.cs").Where(path => !path.EndsWith("Tests.cs")));
        _trees = sources.ToDictionary(path => path, path => Parse(path, File.ReadAllText(path)));
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetDirectoryName(path) == framework)
            .Select(path => MetadataReference.CreateFromFile(path));
        _unmutated = CSharpCompilation.Create("TinyKv.Mutated",
            [.. _trees.Values, Parse("GlobalUsings.cs", GlobalUsings)], references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>
    /// Runs seeds on the core with <paramref name="mutant"/> in it, or as it is; the first failure.
    /// </summary>
    public string? FirstFailure(Mutant? mutant, int seeds)
    {
        using var image = new MemoryStream();
        var emitted = (mutant is null ? _unmutated : With(mutant)).Emit(image);
        Assert.True(emitted.Success, string.Join(Environment.NewLine, emitted.Diagnostics.Take(5)));
        image.Position = 0;
        var context = new AssemblyLoadContext(mutant?.Name, isCollectible: true);
        try
        {
            var run = context.LoadFromStream(image).GetType(typeof(Campaign).FullName!)!
                .GetMethod(nameof(Campaign.FirstFailure))!.CreateDelegate<Func<int, int, string?>>();
            return run(1, seeds);
        }
        finally
        {
            context.Unload();
        }
    }

    private CSharpCompilation With(Mutant mutant)
    {
        var path = Path.Combine(_core, "Raft", mutant.File);
        var tree = _trees[path];
        return _unmutated.ReplaceSyntaxTree(tree, Parse(path, mutant.ApplyTo(tree.ToString())));
    }

    private static SyntaxTree Parse(string path, string text) =>
        CSharpSyntaxTree.ParseText(text, Parsing, path);

    private static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
