using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Stores that have lost what they acknowledged.</summary>
internal static class LostStoreBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("losses",
    [
        new("a store that continues after it has lost data", [Rule.Converges], 31, "RaftPeer",
            "if (stage == DataLossStage.Confirmed) Context.Parent.Tell(new DataLost(Describe(loss)));",
            "if (stage == DataLossStage.Confirmed) continue;",
            "Nobody learns that it cannot be trusted any more."),
    ]);
}
