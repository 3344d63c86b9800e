using TinyKv.Core.Raft;

namespace TinyKv.Core.Snapshots;

/// <summary>
/// Whether an engine may hold what the log beside it does not. Entries come to the engine from the log, so otherwise the log
/// has lost some, and votes with them.
/// </summary>
public static class EngineAhead
{
    /// <summary>Whether an installed snapshot is why: nothing was applied behind it, since its installation ends only when the
    /// log begins there.</summary>
    /// <param name="applied">What the engine holds.</param>
    /// <param name="snapshot">Where the snapshot ends whose installation has not ended yet; null: there is none.</param>
    public static bool IsExplained(LogPosition applied, LogPosition? snapshot) => snapshot == applied;
}
