using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Which regions a store has, and what belongs to which.</summary>
internal static class RegionBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("regions",
    [
        new("first regions that are made one by one", [Rule.RegionsAsRecorded], 1, "StoreActor",
            "MetaRecords.Create(_spec.Engine, _spec.Records);",
            "foreach (var record in _spec.Records) MetaRecords.Create(_spec.Engine, [record]);",
            "After a crash between them the store has some for ever."),
        new("a birth that a loss of power forgets", [Rule.RegionsAsRecorded], 1, "ApplyActor",
            "engine.Write(batch, sync: true);",
            "engine.Write(batch, sync: false);",
            "An empty journal passes for a new one."),
        new("a birth noted before the journal is made", [Rule.RegionsAsRecorded], 1, "RegionActor",
            "case Described state: Create(state); break;",
            "case Described state: Create(state); _applier.Tell(JournalBorn.Instance); break;",
            "After a crash between them the store takes a new journal for a lost one."),
        new("a peer that speaks and whose birth is not noted", [Rule.RegionsAsRecorded], 1, "RaftPeer",
            "Become(Unborn);",
            "Start(); return;",
            "A journal that is lost with the process passes for a new one, and its votes are forgotten."),
        new("an empty journal taken for a new one", [Rule.NothingThrows, Rule.OneVotePerTerm], 30, "RaftPeer",
            "if (_spec.JournalBorn) { StoreFailed",
            "if (false) { StoreFailed",
            "Votes and acknowledgements are forgotten."),
        new("a peer's number taken for its store's", [Rule.HonestAreBelieved], 1, "RaftPeer",
            "sender.Store != from",
            "envelope.From.Value != from.Value",
            "Nobody is believed whose numbers differ."),
        new("a request as of another epoch", [Rule.RegionsAreKept], 3, "Admission",
            "context.Epoch?.Version == region.Epoch.Version",
            "context.Epoch is not null",
            "The keys that it means may be another region's since."),
        new("a write to keys of other regions", [Rule.RegionsAreKept], 1, "Admission",
            "if (!region.Range.Contains(modify.Key.Span)) return new RegionError.KeyNotInRegion(modify.Key, region);",
            "",
            "Two logs decide about one key."),
        new("a read of keys of other regions", [Rule.RegionsAreKept, Rule.Linearizability], 1, "RawChecks",
            "reader.Region.Range.Contains(key.Span) ? null : new RegionError.KeyNotInRegion(key.Memory, reader.Region)",
            "null",
            "What the replica has of them may be old."),
        new("a scan that passes over where its region ends", [Rule.Linearizability], 1, "ScanPage",
            "page.NextKey = ByteString.CopyFrom(Beyond(range, reader.Region.Range, request.Reverse).Span);",
            "",
            "What is behind it passes for absent."),
        new("a message that goes to the region of its first request", [Rule.NothingThrows], 7, "RaftStorage",
            "calls.All(call => call.Context.Region == first)",
            "first is var _",
            "The others are refused by a region that they are not for."),
    ]);
}
