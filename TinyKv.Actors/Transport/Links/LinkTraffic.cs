namespace TinyKv.Actors.Transport.Links;

/// <summary>What a connection carries, as its introduction says. The numbers are part of the protocol between stores.</summary>
internal enum LinkTraffic : uint
{
    /// <summary>Raft's batches. There is a connection to each store for as long as that is accepted.</summary>
    Raft = 1,

    /// <summary>Snapshots, so that no heartbeat waits behind one. There is a connection once somebody has something to
    /// say.</summary>
    Bulk = 2,
}
