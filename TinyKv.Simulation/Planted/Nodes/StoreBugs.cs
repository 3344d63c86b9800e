using TinyKv.Simulation.Common;

namespace TinyKv.Simulation.Planted.Nodes;

/// <summary>Stores that join and are removed, and where placement puts replicas then.</summary>
internal static class StoreBugs
{
    /// <summary>The list.</summary>
    public static Subject Subject { get; } = new("stores",
    [
        new("a step that was decided by other members", [Rule.StepsAreFenced], 84, "RaftPeer",
            "if (ifConfVer != 0 && isOutdated)",
            "if (false)",
            "What is removed may be the replica that took the place of another one."),
        new("a voter that goes before another has come", [Rule.ReplacedFirst], 4, "ReplicaChecker",
            "region.Peers.Where(peer => peer.Role == MemberRole.Learner)",
            "region.Peers.Where(_ => false)",
            "The region has one voter less while the other is sent its data."),
        new("a store removed before its replicas have left", [Rule.RemovedStoresHoldNothing], 4, "StoreNodeRemoval",
            "if (StoreRemoval.HeldOf(store, led) is { } held) return (stores, held); "
                + "await Task.Delay(settle, time, cancellation); "
                + "if (StoreRemoval.HeldOf(store, await LedAsync(store, cancellation)) is { } late) return (stores, late);",
            "await Task.Yield();",
            "The last copy of a region goes with it."),
        new("two stores with one number", [Rule.UniqueIds], 1, "StoreRegistry",
            "Id = new StoreId(next),",
            "Id = new StoreId(next - next % 2),",
            "What is for one store goes to the other."),
    ]);
}
