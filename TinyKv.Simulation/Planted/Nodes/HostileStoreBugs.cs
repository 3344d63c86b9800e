using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>What a hostile store says.</summary>
internal static class HostileStoreBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("lies",
    [
        new("bytes that are no batch", [Rule.NothingThrows], 1, "RaftTransport",
            "catch (MalformedMessageException e)",
            "catch (MalformedMessageException e) when (encoded.Bytes.IsEmpty)",
            "Whoever sends them ends the store."),
        new("an introduction that cannot be read", [Rule.NothingThrows], 5, "Handshake",
            "catch (MalformedMessageException e)",
            "catch (MalformedMessageException e) when (_ended)",
            "Whoever sends it ends the store."),
        new("a refusal that is an invariant", [Rule.NothingThrows], 1, "RaftPeer",
            "_refusals++;",
            """
            TinyKv.Core.Invariant.Holds(false, $"{reason}");
            _refusals++;
            """,
            "Every lie ends the store."),
        new("an entry that is no command in the log", [Rule.NothingThrows, Rule.Serves, Rule.Converges], 8, "RaftPeer",
            "if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) return entry;",
            "if (entry.Kind == EntryKind.Command && !_spec.IsCommand(entry.Data)) continue;",
            "The region stops on every store that applies it."),
        new("more timestamps than there are in a millisecond", [Rule.NothingThrows], 20, "PlacementService",
            "{ Count: < 1 or >= (uint)TimestampOracle.LogicalEnd }",
            "{ Count: < 1 }",
            "Whoever asks for them takes the service down, with all that others have asked for."),
    ]);
}
