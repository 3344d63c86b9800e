using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Raft;

namespace TinyKv.Simulation.Planted;

/// <summary>
/// Compiles sources of the product, with bugs in them, together with a simulation's into an assembly in memory, and runs
/// seeds there. Nothing on the disk changes. What was loaded stays until the process ends: a thread of a simulated store may
/// still be there.
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
    private readonly List<(PlantedBug Bug, Place Place)> _together; // each has the number of its place here, from 1 on
    private readonly Lazy<Assembly> _shared;

    /// <summary>Reads and parses the sources.</summary>
    public BugCompiler(Ground ground, IEnumerable<PlantedBug> bugs)
    {
        _ground = ground;
        _sound = CSharpCompilation.Create(ground.Project,
            [.. ground.Sources.Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), Parsing, path)),
                CSharpSyntaxTree.ParseText(GlobalUsings, Parsing)],
            ground.References.Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: OptimizationLevel.Release,
                nullableContextOptions: NullableContextOptions.Annotations));
        _types = Patch.Types(_sound.SyntaxTrees);
        // One that has no place says so when it is compiled.
        _together = [.. from bug in bugs
            let places = Patch.All(bug, _types)
            where places.Count == 1 && Bodies.Around(places[0]) is not null
            select (bug, places[0])];
        _shared = new Lazy<Assembly>(LoadShared);
    }

    /// <summary>Requires that a bug can be planted.</summary>
    /// <exception cref="SimulationException">It cannot.</exception>
    public void RequirePlace(PlantedBug bug) => Patch.Find(bug, _types);

    /// <summary>The simulation over the product with <paramref name="bug"/> in it, or as it is.</summary>
    /// <returns>What runs so many seeds from a first one on, and returns the first failure.</returns>
    /// <exception cref="SimulationException">It cannot be planted, or does not compile.</exception>
    public Func<int, int, (int Seed, string Rule, string Text)?> Compile(PlantedBug? bug)
    {
        var number = bug is null ? 0 : _together.FindIndex(each => each.Bug == bug) + 1;
        if (bug is not null && number == 0) return RunOf(Load(With(bug, Patch.Find(bug, _types)), bug.Name));
        var choice = _shared.Value.GetType("TinyKv.Simulation.Planted.PlantedBugs")!.GetField("Chosen")!;
        var run = RunOf(_shared.Value);
        return (first, count) =>
        {
            choice.SetValue(null, number);
            return run(first, count);
        };
    }

    private Func<int, int, (int Seed, string Rule, string Text)?> RunOf(Assembly loaded)
    {
        var run = loaded.GetType(_ground.Campaign.FullName!)!.GetMethod(nameof(CoreCampaign.FirstFailure))!
            .CreateDelegate<Func<int, int, (int, string, string)?>>();
        return (first, count) =>
        {
            // Akka makes dispatchers and journals from names of types: these must be the loaded assembly's.
            using var names = AssemblyLoadContext.EnterContextualReflection(loaded);
            return run(first, count);
        };
    }

    private Assembly LoadShared()
    {
        try
        {
            return Load(WithAll(), "all bugs");
        }
        catch (SimulationException)
        {
            foreach (var (bug, place) in _together) RequireSound(bug, place);
            throw;
        }
    }

    // Says which bug it is that does not compile.
    private void RequireSound(PlantedBug bug, Place place)
    {
        var all = With(bug, place);
        var tree = all.SyntaxTrees.Single(each => each.FilePath == place.Tree.FilePath);
        Require(all.GetSemanticModel(tree).GetDiagnostics(), bug.Name);
    }

    private CSharpCompilation With(PlantedBug bug, Place place) =>
        Replace(_sound, place.Tree, new TextChange(place.Span, bug.New));

    private CSharpCompilation WithAll()
    {
        var bugs = _together.Select((each, index) => (Number: index + 1, each.Place, each.Bug.New));
        var changes = bugs.GroupBy(bug => Bodies.Around(bug.Place)!).ToLookup(
            body => body.Key.SyntaxTree, body => Bodies.Choose(body.Key, body));
        return changes.Aggregate(_sound, (all, file) => Replace(all, file.Key, [.. file]))
            .AddSyntaxTrees(CSharpSyntaxTree.ParseText(Bodies.Choice, Parsing));
    }

    private static CSharpCompilation Replace(CSharpCompilation all, SyntaxTree tree, params TextChange[] changes) =>
        all.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(
            tree.GetText().WithChanges(changes.OrderBy(change => change.Span.Start)), Parsing, tree.FilePath));

    private static Assembly Load(CSharpCompilation sources, string name)
    {
        using var image = new MemoryStream();
        var emitted = sources.Emit(image);
        Require(emitted.Diagnostics, name);
        image.Position = 0;
        return new AssemblyLoadContext(name).LoadFromStream(image);
    }

    private static void Require(IEnumerable<Diagnostic> diagnostics, string name)
    {
        var errors = diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(5).ToList();
        if (errors.Count > 0)
            throw new SimulationException(
                string.Join(Environment.NewLine, errors.Prepend<object>($"'{name}' does not compile:")));
    }
}
