namespace TinyKv.Actors.Node;

/// <summary>The dispatchers of a store's actors; everybody else runs on the thread pool.</summary>
internal static class Dispatchers
{
    /// <summary>Peers, transport, remoting, the journal's actor: whatever a message passes one after the other.</summary>
    public const string Raft = "tinykv.raft-dispatcher";

    /// <summary>State machines, which block on the engine.</summary>
    public const string Kv = "tinykv.kv-dispatcher";

    /// <summary>Whoever syncs the engine, alone: nothing else waits for the disk with it.</summary>
    public const string Sync = "tinykv.sync-dispatcher";

    /// <summary>Whoever sends, fetches and installs snapshots, which block on the engine and on files.</summary>
    public const string Snapshots = "tinykv.snapshots-dispatcher";
}
