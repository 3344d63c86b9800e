using Akka.Configuration;
using TinyKv.Hosting;

namespace TinyKv.Testing;

/// <summary>What the stores of a cluster in one process are started with.</summary>
internal sealed record ClusterConfig(string Directory, IReadOnlyList<StoreAddress> Addresses, string Hocon)
{
    // Elections within half a second. Quiet: what a test does to its stores is no news to it.
    private const string Fast = """
        tinykv.raft.tick-interval = 30ms
        tinykv.server.log-level = ERROR
        akka.loglevel = OFF
        akka.stdout-loglevel = OFF
        akka.cluster.gossip-interval = 200ms
        akka.cluster.leader-actions-interval = 200ms
        akka.coordinated-shutdown.run-by-actor-system-terminate = off
        """;

    /// <summary>The whole configuration of a store.</summary>
    public Config Of(ulong store)
    {
        var options = new TinyKvOptions
        {
            ClusterName = "in-process",
            StoreId = (long)store,
            DataDirectory = Path.Combine(Directory, $"store-{store}"),
            Hocon = $"{Fast}\n{Hocon}",
        };
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
}
