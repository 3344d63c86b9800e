using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Regions that are split.</summary>
internal static class SplitBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("splits",
    [
        new("a split that is not asked for again when it is applied", [Rule.SplitsAreWhole, Rule.NothingThrows], 157,
            "KvStateMachine",
            "if (SplitPlan.Refusal(Region, split) is { } refusal) return new Applied([], refusal);",
            "",
            "A region that was split meanwhile is split outside of its keys, or among other members."),
        new("a new region that is not in the write of the other", [Rule.SplitsAreWhole, Rule.NothingThrows], 2, "ApplyActor",
            "if (_split is { Child: var child }) Make(child, batch);",
            "if (_split is { Child: var child }) { using var other = engine.NewBatch(); Make(child, other); "
                + "if (_child is not null) engine.Write(other, sync: false); }",
            "After a crash between them there are keys that no region has, or two."),
        new("a region that keeps the keys of the new one", [Rule.SplitsAreWhole, Rule.NothingThrows], 2, "SplitPlan",
            "region with { Range = new KeyRange(region.Range.Start, split.Key), Epoch = epoch }",
            "region with { Epoch = epoch }",
            "Two logs decide about one key."),
        new("a split that leaves the version as it is", [Rule.SplitsAreWhole], 2, "SplitPlan",
            "region.Epoch with { Version = region.Epoch.Version + 1 }",
            "region.Epoch",
            "Who knew the region before takes it for the same."),
        new("entries behind a split that are applied as if it had not been", [Rule.SplitsAreWhole, Rule.AppliedWithIndex,
            Rule.NothingThrows, Rule.SameState], 32, "ApplyActor",
            "entry.Kind == EntryKind.Configuration || _split is not null",
            "entry.Kind == EntryKind.Configuration",
            "What comes behind is written with the keys of before."),
    ]);
}
