using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>What the journal has, and what leaves before it has.</summary>
internal static class JournalBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("journal",
    [
        new("promises sent before the record is durable", [Rule.DurablePromises], 1, "RaftPeer",
            "_lastWrite = new PendingWrite(record, effects.SendDurable);",
            """
            Send(effects.SendDurable.AsSpan());
            _lastWrite = new PendingWrite(record, []);
            """,
            "After a crash the store contradicts its votes and acknowledgements."),
        new("promises sent at once while a record is under way", [Rule.DurablePromises], 1, "RaftPeer",
            "_lastWrite!.Add(effects.SendDurable);",
            "Send(effects.SendDurable.AsSpan());",
            "A repeated append is acknowledged before the first is durable."),
        new("promises that never leave", [Rule.Serves, Rule.Converges], 1, "RaftPeer",
            "Send(write.Messages);",
            "",
            "Nobody is elected."),
        new("a record behind one that may be refused", [Rule.NothingThrows], 13, "RaftPeer",
            "_underWay > 0 || _events.Count == 0",
            "_events.Count == 0",
            "The journal refuses the first and takes the second: the log has a gap for ever."),
        new("a peer that continues after a refused record", [Rule.Converges, Rule.DurablePromises], 5, "RaftPeer",
            "Context.Stop(Self);",
            "",
            "The core counts on what the journal does not have."),
        new("a journal that acknowledges before the sync", [Rule.DurablePromises, Rule.RegionsAsRecorded], 1, "SimDisk",
            """
            write.Store();
            world.Trace
            """,
            """
            world.After(TimeSpan.FromMilliseconds(5), write.Store);
            world.Trace
            """,
            "A loss of power takes what was acknowledged."),
        new("a journal that stores the first record of a write", [Rule.DurablePromises], 1, "JournalWrite",
            "groups.Take(count).SelectMany(group => group)",
            "groups.Take(count).SelectMany(group => group.Take(1))",
            "The others were acknowledged with it."),
        new("a replay that forgets truncations", [Rule.SameState], 11, "RaftPeer",
            "case RaftRecord record: _replay.Take(LastSequenceNr, record); break;",
            """
            case RaftRecord record:
            var after = _replay.Member?.Last.Index ?? 0;
            _replay.Take(LastSequenceNr, record.Entries.IsEmpty || record.Entries[0].Index > after
                ? record : record with { Entries = [] });
            break;
            """,
            "Entries that another leader has replaced come back."),
    ]);
}
