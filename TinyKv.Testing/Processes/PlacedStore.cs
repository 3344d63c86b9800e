namespace TinyKv.Testing.Processes;

/// <summary>
/// The store in a place. A place is a disk and a network address, numbered from 1 on; one store runs there at a time, and
/// another may follow it.
/// </summary>
/// <param name="Id">Its number in the cluster; 0: it has none yet.</param>
/// <param name="Address">Where it listens; ports that are 0 it chooses itself.</param>
/// <param name="HasJoined">Whether it has joined the cluster, and is none of those that formed it.</param>
internal sealed record PlacedStore(ulong Id, StoreAddress Address, bool HasJoined);
