using System.Collections.Immutable;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Snapshots;
using TinyKv.Actors.Transport.Remoting;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Actors.Node.Settings;

/// <summary>Everything under <c>tinykv { }</c>, read once and validated.</summary>
public sealed record TinyKvSettings
{
    /// <summary>The cluster's name; its hash is the cluster id. Two clusters must not share one. Empty, for a store that has
    /// not joined yet, when it is to join whichever there is.</summary>
    public required string ClusterName { get; init; }

    /// <summary>The stores that form the cluster, ascending by id; none, for a store that joins.</summary>
    public required ImmutableArray<StoreAddress> Stores { get; init; }

    /// <summary>How the store joins a cluster; null: it is one of <see cref="Stores"/>.</summary>
    public JoinSettings? Join { get; init; }

    /// <summary>This store's number; one of <see cref="Stores"/>. None, for a store that has not joined yet.</summary>
    public required StoreId StoreId { get; init; }

    /// <summary>Where this store keeps everything; absolute.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The address that the ports are bound to.</summary>
    public required string BindHost { get; init; }

    /// <summary>Replicated over Raft, or this store alone.</summary>
    public required StorageMode StorageMode { get; init; }

    /// <summary>The journal that holds the Raft log: <c>rocksdb</c>, <c>sqlite</c> or <c>postgresql</c>.</summary>
    public required string Journal { get; init; }

    /// <summary>The time of one Raft tick.</summary>
    public required TimeSpan TickInterval { get; init; }

    /// <summary>Raft's numbers.</summary>
    public required RaftOptions Raft { get; init; }

    /// <summary>The most writes, and the most reads, that wait in one replica to be taken up.</summary>
    public required int MaxQueuedRequests { get; init; }

    /// <summary>The bounds of the raw API.</summary>
    public required GatewaySettings Gateway { get; init; }

    /// <summary>The bounds of the remoting port.</summary>
    public required RemotingSettings Remoting { get; init; }

    /// <summary>How snapshots go from store to store.</summary>
    public required SnapshotSettings Snapshots { get; init; }

    /// <summary>How large regions become.</summary>
    public required RegionSettings Regions { get; init; }

    /// <summary>What placement is to do with stores.</summary>
    public required PlacementSettings Placement { get; init; }

    /// <summary>The numbers of <see cref="Stores"/>: what a cluster is. Addresses may change.</summary>
    public ImmutableArray<StoreId> Initial => [.. Stores.Select(store => store.Id)];

    /// <summary>Whether this store is one of those that form the cluster; otherwise it joins.</summary>
    public bool IsInitial => Join is null;

    /// <summary>The other stores of the configuration, and where they are.</summary>
    internal IEnumerable<KeyValuePair<StoreId, StoreAddresses>> Others => Stores.Where(store => store.Id != StoreId)
        .Select(store => KeyValuePair.Create(store.Id, store.Addresses));

    /// <summary>This store's addresses.</summary>
    public StoreAddress Self => Join is { } join ? StoreAddress.Of(StoreId, join.Address)
        : Stores.First(store => store.Id == StoreId);
}

/// <summary>What one store takes of the raw API at once, over gRPC and from actor systems together.</summary>
/// <param name="MaxRequests">The most requests under way.</param>
/// <param name="MaxRequestBytes">The most bytes of requests under way; one always fits.</param>
/// <param name="MaxConcurrentScans">The most scans and large batches that read at once.</param>
/// <param name="Timeout">How long a request may look for a leader and wait for its answer.</param>
public sealed record GatewaySettings(int MaxRequests, long MaxRequestBytes, int MaxConcurrentScans, TimeSpan Timeout);

/// <summary>What placement is to do with stores.</summary>
/// <param name="Replicas">How many replicas a region is meant to have, in a cluster that is new.</param>
/// <param name="HeartbeatInterval">How often a store is reported.</param>
/// <param name="Health">After which silence a store is called what.</param>
public sealed record PlacementSettings(int Replicas, TimeSpan HeartbeatInterval, HealthLimits Health);

/// <summary>How a store is reached. The ports differ by purpose: gRPC, HTTP status, Akka remoting, Raft.</summary>
public sealed record StoreAddress(
    StoreId Id, string Host, int GrpcPort, int StatusPort, int RemotingPort, int RaftPort)
{
    /// <summary>How a store is reached that is reached so.</summary>
    public static StoreAddress Of(StoreId id, StoreAddresses addresses) => new(
        id, addresses.Host, addresses.GrpcPort, addresses.StatusPort, addresses.RemotingPort, addresses.RaftPort);

    /// <summary>The same, without whose they are.</summary>
    public StoreAddresses Addresses => new(Host, GrpcPort, StatusPort, RemotingPort, RaftPort);

    /// <summary>host:port of the gRPC services.</summary>
    public string Grpc => new HostPort(Host, GrpcPort).ToString();

    /// <summary>host:port of the HTTP status pages.</summary>
    public string Status => new HostPort(Host, StatusPort).ToString();

    /// <summary>host:port of Akka remoting.</summary>
    public string Remoting => new HostPort(Host, RemotingPort).ToString();

    /// <summary>host:port of what replicas say to each other.</summary>
    public string Raft => new HostPort(Host, RaftPort).ToString();
}

/// <summary>How the storage behind the services is made.</summary>
public enum StorageMode
{
    /// <summary>Replicated over Raft.</summary>
    Raft,

    /// <summary>The engine of this store alone; for tests and single-node use.</summary>
    Standalone,
}
