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
            "_applied = MetaRecords.AppliedOf(snapshot, Region.Id);",
            "_applied = InitialState.Origin;",
            "Old values show again."),
        new("an applied index ahead of its data", [Rule.AppliedWithIndex], 1, "ApplyTurn",
            "save(_batch);",
            """
            using var index = engine.NewBatch();
            save(index);
            engine.Write(index, sync: false);
            """,
            "A loss of power between the two loses the data."),
        new("a peer restarted with what it knew", [Rule.NothingThrows], 2, "RegionActor",
            "case Retry: _applier.Tell(Describe.Instance); break;",
            "case Retry: Create(_state); break;",
            "It hands out entries again that the state machine has."),
        new("a view kept from one batch of reads to the next", [Rule.Linearizability], 1, "ApplyActor",
            """
            private void AnswerDue()
            {
                ReadView? view = null;
            """,
            """
            private ReadView? _kept;

            private void AnswerDue()
            {
                var view = _kept ??= new ReadView(Region, engine.Snapshot());
                view.Acquire();
            """,
            "It does not see what was written since."),
        new("only the first of the writes that share an entry", [Rule.Linearizability], 5, "ApplyActor",
            "turn.Add(applied.Writes, Region);",
            "if (_commands.TrueForAll(other => other.Position != entry.Position)) turn.Add(applied.Writes, Region);",
            "The others are acknowledged and lost."),
        new("a conditional write that shares an entry", [Rule.HonestAreBelieved], 5, "RaftStorage",
            "MayShareEntry = condition is null,",
            "MayShareEntry = true,",
            "No replica takes it: what it finds could depend on a restart."),
        new("a state machine that takes deletions for nothing", [Rule.Linearizability], 1, "BatchWriter",
            "batch.Delete(write.Family, write.Key.Span);",
            "",
            "What was deleted is still there."),
    ]);
}
