using System.Runtime.CompilerServices;

namespace TinyKv.Tests.Simulation.Mutants;

/// <summary>Where bugs are planted: which sources are compiled together, and what looks for the bugs.</summary>
/// <param name="Project">The project that the product's sources make. The mutated assembly has its name: other projects
/// show it what they show to this one.</param>
/// <param name="Root">The folder that mutants name files below.</param>
/// <param name="Sources">The files that make the mutated assembly: the product's, and the simulation's.</param>
/// <param name="References">The assemblies that it needs.</param>
/// <param name="Campaign">The type in it whose <c>FirstFailure</c> runs seeds.</param>
internal sealed record MutantGround(
    string Project, string Root, IReadOnlyList<string> Sources, IReadOnlyList<string> References, Type Campaign)
{
    private static readonly string Repository = FindRepository();
    private static readonly string Simulation = Path.Combine(Repository, "TinyKv.Tests", "Simulation");

    /// <summary>The core under its own simulation.</summary>
    public static MutantGround Core => new(
        "TinyKv.Core",
        Path.Combine(Repository, "TinyKv.Core", "Raft"),
        [.. Product("TinyKv.Core"), .. Tests(Simulation)],
        Platform(name => !name.StartsWith("TinyKv.", StringComparison.Ordinal) && IsFramework(name)),
        typeof(Campaign));

    /// <summary>The actors with the state machines that they host, and the simulated journal, under the simulation of
    /// nodes. What is compiled here takes the place of what the core's own assembly holds.</summary>
    public static MutantGround Nodes => new(
        "TinyKv.Actors",
        Repository,
        [.. Product("TinyKv.Actors"), .. Product("TinyKv.Core/Placement"),
            .. ((string[])["Commands/KvStateMachine.cs", "Storage/BatchWriter.cs"]).Select(
                file => Path.Combine(Repository, "TinyKv.Core", file)),
            .. Tests(Path.Combine(Simulation, "Nodes")),
            .. Product("TinyKv.Testing/Linearizability"),
            .. ((string[])["Trace.cs", "Marks.cs", "Draws.cs", "Liar.cs"]).Select(file => Path.Combine(Simulation, file))],
        Platform(name => !name.StartsWith("TinyKv.", StringComparison.Ordinal)
            || name is "TinyKv.Core" or "TinyKv.Protocol" or "TinyKv.Persistence"),
        typeof(Nodes.NodeCampaign));

    private static IEnumerable<string> Product(string project)
    {
        var folder = Path.Combine(Repository, project);
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(folder, path).StartsWith("obj", StringComparison.Ordinal));
    }

    private static IEnumerable<string> Tests(string folder) => Directory.EnumerateFiles(folder, "*.cs")
        .Where(path => !path.EndsWith("Tests.cs", StringComparison.Ordinal));

    private static IReadOnlyList<string> Platform(Func<string, bool> wanted) =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => wanted(Path.GetFileNameWithoutExtension(path)))];

    private static bool IsFramework(string name) => File.Exists(
        Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, $"{name}.dll"));

    private static string FindRepository([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", ".."));
}
