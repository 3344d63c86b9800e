using Akka.Configuration;
using TinyKv.Hosting;

namespace TinyKv.Testing;

/// <summary>What the stores of a cluster in one process are started with.</summary>
/// <param name="Directory">Where each has its data directory.</param>
/// <param name="Addresses">Of those that form the cluster, from store 1 on.</param>
/// <param name="Hocon">Settings for all.</param>
internal sealed record ClusterConfig(string Directory, IReadOnlyList<StoreAddress> Addresses, string Hocon)
{
    // Elections within half a second, and placement knows at once of a store that joins. Quiet: what a test does to its
    // stores is no news to it.
    private const string Fast = """
        tinykv.raft.tick-interval = 30ms
        tinykv.placement.heartbeat-interval = 500ms
        tinykv.server.log-level = ERROR
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.cluster.gossip-interval = 200ms
        akka.cluster.leader-actions-interval = 200ms
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        """;

    /// <summary>The whole configuration of a store that forms the cluster.</summary>
    public Config Of(ulong store)
    {
        var options = Common($"store-{store}");
        (options.ClusterName, options.StoreId) = ("in-process", (long)store);
        for (var i = 0; i < Addresses.Count; i++)
        {
            options.Stores.Add(new TinyKvStore
            {
                Id = i + 1,
                Host = Addresses[i].Host,
                GrpcPort = Addresses[i].GrpcPort,
                StatusPort = Addresses[i].StatusPort,
                RemotingPort = Addresses[i].RemotingPort,
                RaftPort = Addresses[i].RaftPort,
            });
        }
        return StoreConfig.Of(options).Config;
    }

    /// <summary>The whole configuration of a store that joins later.</summary>
    /// <param name="directory">The name of its data directory.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="endpoints">The gRPC ports of the stores that are there.</param>
    public Config OfJoining(string directory, StoreAddress address, IEnumerable<string> endpoints)
    {
        var options = Common(directory);
        foreach (var endpoint in endpoints) options.Join.Add(endpoint);
        options.Hocon += $$"""

            tinykv.store {
              host = "{{address.Host}}", grpc-port = {{address.GrpcPort}}, status-port = {{address.StatusPort}}
              remoting-port = {{address.RemotingPort}}, raft-port = {{address.RaftPort}}
            }
            """;
        return StoreConfig.Of(options).Config;
    }

    private TinyKvOptions Common(string directory) => new()
    {
        DataDirectory = Path.Combine(Directory, directory),
        Hocon = $"{Fast}\n{Hocon}",
    };
}
