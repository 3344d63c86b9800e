using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Ids and timestamps.</summary>
internal static class PlacementBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("placement",
    [
        new("timestamps beyond the reserved window", [Rule.ReservedTimestamps, Rule.RisingTimestamps], 1, "TimestampOracle",
            "if (physical >= End) return null;",
            "",
            "The next leader gives them out again."),
        new("timestamps from below the last window", [Rule.RisingTimestamps], 2, "PlacementService",
            "_oracle.Begin(view.Term, view.TimestampsEndMs)",
            "_oracle.Begin(view.Term, 0)",
            "A leader whose clock is behind goes back."),
        new("timestamps of a leader that nobody confirms", [Rule.RisingTimestamps], 21, "PlacementService",
            "_confirmCall = [.. _timestamps];",
            """
            if (_oracle.Term >= 0 && NowMs < _oracle.End)
            {
                _timestamps.ForEach(_confirmed.Enqueue);
                _timestamps.Clear();
                ServeConfirmed();
                return;
            }
            _confirmCall = [.. _timestamps];
            """,
            "A leader that was replaced gives out less than its successor."),
        new("ids forgotten by a restart", [Rule.UniqueIds, Rule.SameState], 1, "PlacementStateMachine",
            "[state.Save()]",
            "[(state with { NextId = PlacementState.FirstId }).Save()]",
            "They are handed out again."),
        new("ids that are not taken from the log", [Rule.UniqueIds], 1, "PlacementStateMachine",
            "NextId = first + ids.Count",
            "NextId = first",
            "Two askers get the same."),
        new("a store's id that is handed out again", [Rule.UniqueIds], 3, "PlacementStateMachine",
            "_state = _state with { NextId = number + 1 };",
            "",
            "A store and a region have the same number."),
        new("a store that gets a number each time it registers", [Rule.UniqueIds], 3, "StoreRegistry",
            "directory.Find(command.Directory)",
            "(StoreInfo?)null",
            "One data directory is two stores."),
        new("an address of another store that is taken", [Rule.UniqueIds], 4, "StoreRegistry",
            "other.Addresses.All.FirstOrDefault(command.Addresses.All.Contains) is { } taken",
            "other.Addresses.All.FirstOrDefault(_ => false) is { } taken",
            "What is for one store goes to the other."),
    ]);
}
