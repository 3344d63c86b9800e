using System.Collections.Immutable;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;

namespace TinyKv.Core.Placement;

/// <summary>What placement has written down of a store.</summary>
public sealed record StoreInfo
{
    /// <summary>Its number, which nothing else ever has.</summary>
    public required StoreId Id { get; init; }

    /// <summary>Its data directory, by which it is known again: the uuid of the store.</summary>
    public required DirectoryId Directory { get; init; }

    /// <summary>Where it is reached.</summary>
    public required StoreAddresses Addresses { get; init; }

    /// <summary>What operators say of where it stands, such as <c>zone</c>.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>Whether it belongs to the cluster, and is to stay.</summary>
    public StoreState State { get; init; }

    /// <summary>The version of the program that it runs.</summary>
    public string ProgramVersion { get; init; } = "";

    /// <summary>The version of the directory that changed the store last.</summary>
    public long Version { get; init; }

    /// <summary>Of a store that has none.</summary>
    public static ImmutableSortedDictionary<string, string> NoLabels { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}

/// <summary>How a store is reached: a host, and a port for each purpose.</summary>
public sealed record StoreAddresses(string Host, int GrpcPort, int StatusPort, int RemotingPort, int RaftPort)
{
    /// <summary>host:port of the gRPC services.</summary>
    public string Grpc => new HostPort(Host, GrpcPort).ToString();

    /// <summary>host:port of the HTTP status pages.</summary>
    public string Status => new HostPort(Host, StatusPort).ToString();

    /// <summary>host:port of Akka remoting.</summary>
    public string Remoting => new HostPort(Host, RemotingPort).ToString();

    /// <summary>host:port of what replicas say to each other.</summary>
    public string Raft => new HostPort(Host, RaftPort).ToString();

    /// <summary>All of them.</summary>
    public IEnumerable<string> All => [Grpc, Status, Remoting, Raft];
}

/// <summary>What is decided of a store. The numbers live on disks.</summary>
public enum StoreState
{
    /// <summary>It takes part.</summary>
    Up = 0,

    /// <summary>It is being removed: its replicas are to go to others.</summary>
    Offline = 1,

    /// <summary>It was removed, for ever: its data directory is not taken again.</summary>
    Tombstone = 2,
}
