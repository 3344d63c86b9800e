using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Snapshots;

/// <summary>How a snapshot is cut, checked, and put in the place of what was there.</summary>
internal static class SnapshotBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("snapshots",
    [
        new("a snapshot without its members", [Rule.SnapshotsAreWhole], 1, "SnapshotInstaller",
            "var installed = marked with { State = RegionState.Normal };",
            """
            var alone = marked.Region with { Peers = marked.Region.Peers[..1] };
            var installed = marked with { State = RegionState.Normal, Region = alone };
            """,
            "The replica counts majorities of members that are not there any more."),
        new("an applied index saved before the keys are there", [Rule.SnapshotsAreWhole], 1, "SnapshotInstaller",
            "MetaRecords.WriteSnapshot(batch, marked.Region.Id, snapshot.Header.Applied);",
            """
            MetaRecords.WriteSnapshot(batch, marked.Region.Id, snapshot.Header.Applied);
            MetaRecords.WriteApplied(batch, marked.Region.Id, snapshot.Header.Applied);
            marked = marked with { State = RegionState.Normal };
            MetaRecords.Write(batch, marked);
            """,
            "After a kill in between the store takes the half for the whole."),
        new("a half snapshot that is served", [Rule.SnapshotsAreWhole], 1, "SnapshotInstaller",
            "State = RegionState.Applying,",
            "State = RegionState.Normal,",
            "Whoever reads in between finds keys missing."),
        new("a damaged chunk that is taken", [Rule.SnapshotsAreWhole], 3, "Checksum",
            "WireCodec.Require(Of(body.Span) == expected,",
            "WireCodec.Require(Of(body.Span) == expected || true,",
            "A bit that was changed on the way is kept for ever."),
        new("a chunk that is full and passes for the last", [Rule.SnapshotsAreWhole], 3, "ChunkReader",
            "return (pairs.DrainToImmutable(), false);",
            "return (pairs.DrainToImmutable(), true);",
            "What is behind it is never asked for."),
        new("a chunk of another snapshot that is taken", [Rule.SnapshotsAreWhole], 43, "ChunkRules",
            "if (chunk.Applied != header.Applied)",
            "if (chunk.Applied.Term != header.Applied.Term)",
            "A part of the region is of another time than the rest."),
        new("a snapshot of placement without some of its records", [Rule.SnapshotsAreWhole], 7, "SnapshotContent",
            "MetaKeys.PlacementRanges",
            "MetaKeys.PlacementRanges[..2]",
            "The stores, or the ids that were handed out, are forgotten."),
        new("keys that the region had and has no more", [Rule.RegionsAreKept], 5, "SnapshotInstaller",
            "SnapshotContent.Delete(before.Region, batch);",
            "SnapshotContent.Delete(marked.Region, batch);",
            "They show again when another region gets that range."),
        new("an installation that a loss of power takes back", [Rule.NothingThrows], 3, "SnapshotInstaller",
            "MetaRecords.WriteApplied(batch, installed.Region.Id, snapshot.Header.Applied); engine.Write(batch, sync: true);",
            "MetaRecords.WriteApplied(batch, installed.Region.Id, snapshot.Header.Applied); engine.Write(batch, sync: false);",
            "The snapshot is discarded when the journal begins behind it, and nothing is left to repeat."),
        new("an engine that does not say why it is ahead", [Rule.SnapshotsAreExplained], 1, "SnapshotInstaller",
            "engine.Write(batch, sync: true); return installed;",
            "MetaRecords.WriteSnapshot(batch, installed.Region.Id, null); engine.Write(batch, sync: true); return installed;",
            "The next start takes the journal for one that has lost entries, and the store ends for good."),
        new("a start that discards before it repeats", [Rule.NothingThrows], 1, "SnapshotInstaller",
            "foreach (var (snapshot, record) in Interrupted()) Replace(snapshot, record);",
            """
            foreach (var region in staging.Regions) staging.Discard(region);
            foreach (var (snapshot, record) in Interrupted()) Replace(snapshot, record);
            """,
            "What was deleted to make room cannot be brought back."),
    ]);
}
