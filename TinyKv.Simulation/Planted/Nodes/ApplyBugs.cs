using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>What is applied, and what a restart knows of it.</summary>
internal static class ApplyBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("apply",
    [
        new("data without its applied index", [Rule.AppliedWithIndex], 1, "ApplyActor",
            "MetaRecords.WriteApplied(batch, Region.Id, _applied);",
            "",
            "A restart applies it again."),
        new("a restart that applies everything again", [Rule.NothingGoesBack], 3, "ApplyActor",
            "_applied = MetaRecords.ReadApplied(snapshot, spec.Initial.Id) ?? spec.InitialIndex;",
            "_applied = spec.InitialIndex;",
            "Old values show again."),
        new("an applied index ahead of its data", [Rule.AppliedWithIndex], 1, "ApplyTurn",
            "save(_batch);",
            """
            using var index = engine.NewBatch();
            save(index);
            engine.Write(index, sync: false);
            """,
            "A loss of power between the two loses the data."),
        new("a peer restarted with what it knew", [Rule.NothingThrows], 1, "RegionActor",
            "case Retry: _applier.Tell(Describe.Instance); break;",
            "case Retry: Create(_state); break;",
            "It hands out entries again that the state machine has."),
        new("a state machine that takes deletions for nothing", [Rule.Linearizability], 1, "BatchWriter",
            "batch.Delete(write.Family, write.Key.Span);",
            "",
            "What was deleted is still there."),
    ]);
}
