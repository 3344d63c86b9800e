using System.Runtime.CompilerServices;
using TinyKv.Simulation.Common;
using TinyKv.Simulation.Nodes;
using TinyKv.Simulation.Raft;
using TinyKv.Simulation.Snapshots;

namespace TinyKv.Simulation.Planted;

/// <summary>Where bugs are planted: which sources are compiled together, and what looks for the bugs.</summary>
/// <param name="Project">The project that the product's sources make. The assembly with the bug has its name: other projects
/// show it what they show to this one.</param>
/// <param name="Sources">The files that make that assembly: the product's, and the simulation's.</param>
/// <param name="References">The assemblies that it needs.</param>
/// <param name="Campaign">The type in it whose <c>FirstFailure</c> runs seeds.</param>
internal sealed record Ground(
    string Project, IReadOnlyList<string> Sources, IReadOnlyList<string> References, Type Campaign)
{
    private static readonly string Repository = FindRepository();

    /// <summary>The core under its own simulation.</summary>
    public static Ground Core => new(
        "TinyKv.Core",
        [.. Below("TinyKv.Core"), .. Below("TinyKv.Simulation/Common"), .. Below("TinyKv.Simulation/Raft")],
        Platform(name => !name.StartsWith("TinyKv.", StringComparison.Ordinal) && IsFramework(name)),
        typeof(CoreCampaign));

    /// <summary>The actors with the state machines that they host, and the simulated journal, under the simulation of
    /// nodes. What is compiled here takes the place of what the core's own assembly holds.</summary>
    public static Ground Nodes => new(
        "TinyKv.Actors",
        [.. Below("TinyKv.Actors"), .. InPlacement.Select(name => At($"TinyKv.Core/Placement/{name}.cs")),
            At("TinyKv.Core/Commands/KvStateMachine.cs"), At("TinyKv.Core/Storage/BatchWriter.cs"),
            At("TinyKv.Core/Regions/Admission.cs"), At("TinyKv.Core/Regions/RemovalEvidence.cs"),
            At("TinyKv.Core/Regions/SplitPlan.cs"),
            At("TinyKv.Core/Placement/Checkers/ReplicaChecker.cs"),
            .. Below("TinyKv.Simulation/Common"), .. Below("TinyKv.Simulation/Nodes"),
            .. Below("TinyKv.Testing/Linearizability")],
        Platform(name => !name.StartsWith("TinyKv.", StringComparison.Ordinal)
            || name is "TinyKv.Core" or "TinyKv.Protocol" or "TinyKv.Persistence"),
        typeof(NodeCampaign));

    /// <summary>What snapshots are made of and how they are installed, over engines in memory, under the simulation of
    /// snapshots.</summary>
    public static Ground Snapshots => new(
        "TinyKv.Simulation",
        [.. Below("TinyKv.Core/Snapshots"), .. Below("TinyKv.Protocol/Snapshots"),
            At("TinyKv.Protocol/Raft/Checksum.cs"), At("TinyKv.Persistence/Engine/MemoryEngine.cs"),
            At("TinyKv.Persistence/Engine/MemorySnapshot.cs"), At("TinyKv.Persistence/Engine/MemoryTable.cs"),
            At("TinyKv.Persistence/Snapshots/MemoryStaging.cs"), At("TinyKv.Persistence/Snapshots/SnapshotInstaller.cs"),
            .. Below("TinyKv.Simulation/Common"), .. Below("TinyKv.Simulation/Snapshots")],
        Platform(name => !name.StartsWith("TinyKv.", StringComparison.Ordinal)
            || name is "TinyKv.Core" or "TinyKv.Protocol" or "TinyKv.Persistence"),
        typeof(SnapshotCampaign));

    // Those that decide; what they decide about is in messages, too, and so stays in its own assembly.
    private static IEnumerable<string> InPlacement =>
        ["Bootstrap", "PlacementState", "PlacementStateMachine", "StoreRecords", "StoreRegistry", "StoreRemoval",
            "TimestampOracle"];

    private static string At(string path) => Path.Combine(Repository, path);

    private static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(At(folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !Path.GetRelativePath(At(folder), path)
                .StartsWith($"obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static IReadOnlyList<string> Platform(Func<string, bool> wanted) =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => wanted(Path.GetFileNameWithoutExtension(path)))];

    private static bool IsFramework(string name) => File.Exists(
        Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, $"{name}.dll"));

    private static string FindRepository([CallerFilePath] string here = "")
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
        return File.Exists(Path.Combine(root, "TinyKv.sln")) ? root : throw new SimulationException(
            $"the sources that this program was built from are not in {root} any more: bugs are planted in them");
    }
}
