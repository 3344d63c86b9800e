using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Conditional writes, and deletions of ranges.</summary>
internal static class ConditionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("conditions",
    [
        new("a condition decided before the write is proposed", [Rule.Linearizability], 3, "RaftStorage",
            """
            return await ProposeAsync(context, condition, batch, cancellation) switch
            {
            """,
            """
            var (reader, refused) = await ReaderAsync(context, cancellation);
            if (reader is null) return new OutcomeOrRefusal(null, refused);
            var current = reader.GetCF(condition.Family, condition.Key.Span);
            var met = new ConditionOutcome(condition.Holds(current), current);
            if (!met.Succeeded) return new OutcomeOrRefusal(met, null);
            return await ProposeAsync(context, null, batch, cancellation) switch
            {
                Written => new OutcomeOrRefusal(met, null),
            """,
            "What it was decided by may have changed when the write is applied."),
        new("a condition that does not see what its turn has written", [Rule.SameState, Rule.Linearizability], 2, "ApplyTurn",
            "if (!_fresh)",
            "if (false)",
            "Of two that expect the same, applied together, both succeed."),
        new("a write whose condition has failed", [Rule.Linearizability], 1, "KvStateMachine",
            "holds ? write.Batch : []",
            "write.Batch",
            "It overwrites what it was not meant to."),
        new("a range deletion to the end of the region", [Rule.Linearizability], 2, "BatchWriter",
            "range.Intersect(region.Range)",
            "region.Range with { Start = range.Start }",
            "It removes what is beyond the range, too."),
        new("a range deletion that does not see what its turn has put", [Rule.SameState, Rule.Linearizability], 7, "SimEngine",
            "_inner.DeleteRange(family, range);",
            """
            using var seen = data.Snapshot();
            using var pairs = seen.Iterate(family, range);
            while (pairs.MoveNext()) _inner.Delete(family, pairs.Key);
            """,
            "A put that was applied together with it, before it, stays."),
    ]);
}
