using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Testing;

namespace TinyKv.Tests.Actors.Node;

/// <summary>Stores of one cluster in this process, on free ports and in a directory of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SortedDictionary<ulong, StoreNode> _nodes = [];
    private readonly Dictionary<string, int> _joined = [];
    private readonly int[] _ports;
    private readonly int _stores;

    public TestCluster(int stores)
    {
        _stores = stores;
        _ports = Enumerable.Range(FreePorts.TakeRange(2 * stores), 2 * stores).ToArray();
    }

    public IEnumerable<StoreNode> Nodes => _nodes.Values;

    public StoreNode this[ulong store] => _nodes[store];

    public async Task<StoreNode> StartAsync(ulong store, string overrides = "")
    {
        var node = await StoreNode.StartAsync(Config(store, overrides), Timeouts.Long);
        _nodes[store] = node;
        return node;
    }

    public async Task StartAllAsync(string overrides = "")
    {
        for (var store = 1UL; store <= (ulong)_stores; store++) await StartAsync(store, overrides);
    }

    /// <summary>Starts a store that joins, or has joined, with a directory of that name.</summary>
    /// <param name="name">The directory's.</param>
    /// <param name="through">A store of the cluster that is asked; null: none is there.</param>
    public async Task<StoreNode> JoinAsync(string name, StoreNode? through)
    {
        var config = JoinConfig(name);
        await StoreJoin.RunAsync(
            SettingsReader.Read(config.WithFallback(ReferenceConfig.OfStore)), new Door(through), Timeouts.Long);
        var node = await StoreNode.StartAsync(config, Timeouts.Long);
        return _nodes[node.Settings.StoreId.Value] = node;
    }

    public async Task StopAsync(ulong store)
    {
        if (_nodes.Remove(store, out var node)) await node.DisposeAsync();
    }

    public Config Config(ulong store, string overrides = "")
    {
        var stores = Enumerable.Range(1, _stores).Select(id =>
            $$"""{ id = {{id}}, host = "127.0.0.1", grpc-port = {{id}}, status-port = {{id + 1000}}, """ +
            $$"""remoting-port = {{_ports[2 * id - 2]}}, raft-port = {{_ports[2 * id - 1]}} }""");
        return ConfigurationFactory.ParseString(overrides).WithFallback(ConfigurationFactory.ParseString($$"""
            tinykv {
              cluster.name = "test"
              cluster.stores = [ {{string.Join(",\n", stores)}} ]
              store.id = {{store}}
              store.data-directory = "{{_directory.Path}}/{{store}}"
            }
            akka.loglevel = WARNING
            akka.cluster.gossip-interval = 200ms
            akka.cluster.leader-actions-interval = 200ms
            """));
    }

    private Config JoinConfig(string name)
    {
        if (!_joined.TryGetValue(name, out var port)) _joined[name] = port = FreePorts.TakeRange(4);
        return ConfigurationFactory.ParseString($$"""
            tinykv {
              cluster.join = [ "127.0.0.1:1" ]
              store {
                data-directory = "{{_directory.Path}}/{{name}}"
                grpc-port = {{port}}, status-port = {{port + 1}}, remoting-port = {{port + 2}}, raft-port = {{port + 3}}
              }
              placement.heartbeat-interval = 200ms
            }
            akka.loglevel = WARNING
            akka.cluster.gossip-interval = 200ms
            akka.cluster.leader-actions-interval = 200ms
            """);
    }

    /// <summary>The store that leads the region with a key, as all running stores agree that have a replica of it.</summary>
    public Task<StoreNode> LeaderAsync(string key = "a") => Eventually.Async(() =>
    {
        var leaders = Nodes.Select(node => (Located: RegionOf(node, key), node.Settings.StoreId))
            .Where(each => each.Located?.Region.PeerOn(each.StoreId) is not null)
            .Select(each => each.Located?.Leader?.Store.Value).Distinct().ToList();
        return Task.FromResult(
            leaders is [{ } leader] && _nodes.TryGetValue(leader, out var node) && Nodes.All(n => n.IsReady)
                ? node : null);
    });

    /// <summary>The replica on a store of the region with a key, as callers name it.</summary>
    public static RequestContext ContextOf(StoreNode node, string key = "a")
    {
        var region = RegionOf(node, key)!.Region;
        return new RequestContext(region.Id, region.Epoch, region.PeerOn(node.Settings.StoreId), 0);
    }

    /// <summary>Puts a pair as clients do, and returns the store that led when it was acknowledged.</summary>
    public Task<StoreNode> PutAsync(string key, byte[] value) => OnLeaderAsync(key, async leader =>
    {
        var refusal = await leader.Storage.WriteAsync(
            ContextOf(leader, key), [new Modify.Put(ColumnFamily.Default, Bytes(key), value)], Timeouts.Long);
        return (leader, refusal);
    });

    /// <summary>Deletes a key as clients do, and returns the store that led when it was acknowledged.</summary>
    public Task<StoreNode> DeleteAsync(string key) => OnLeaderAsync(key, async leader =>
    {
        var refusal = await leader.Storage.WriteAsync(
            ContextOf(leader, key), [new Modify.Delete(ColumnFamily.Default, Bytes(key))], Timeouts.Long);
        return (leader, refusal);
    });

    /// <summary>Reads a key as clients do.</summary>
    public Task<byte[]?> GetAsync(string key) => OnLeaderAsync(key, async leader =>
    {
        var (reader, refusal) = await leader.Storage.ReaderAsync(ContextOf(leader, key), Timeouts.Long);
        using (reader) return (reader?.GetCF(ColumnFamily.Default, Bytes(key)), refusal);
    });

    /// <summary>What a store says of its replica of the region with a key.</summary>
    public static async Task<PeerStatus> StatusAsync(StoreNode node, string key = "a")
    {
        var region = RegionOf(node, key)!.Region.Id.Value;
        return (await node.StatusAsync(Timeouts.Long)).Peers.Single(peer => peer.Region.Id == region);
    }

    /// <summary>Waits until a store has applied an entry of the region with a key.</summary>
    public Task<PeerStatus> AppliedAsync(ulong store, long index, string key = "a") => Eventually.Async(async () =>
    {
        var peer = await StatusAsync(_nodes[store], key);
        return peer.AppliedIndex >= index ? peer : null;
    });

    private static LocatedRegion? RegionOf(StoreNode node, string key) => node.Placement.Regions.Find(Bytes(key));

    // A store promises nothing about who leads: on a busy machine leadership may move between any two calls. What is
    // asked here may be done twice.
    private async Task<T> OnLeaderAsync<T>(string key, Func<StoreNode, Task<(T Result, RegionError? Refusal)>> ask)
    {
        var timeout = Timeouts.Long;
        while (true)
        {
            var (result, refusal) = await ask(await LeaderAsync(key));
            if (refusal is null) return result;
            // The region may be split between the two, too.
            Assert.True(refusal is RegionError.NotLeader or RegionError.StaleCommand or RegionError.EpochNotMatch
                or RegionError.KeyNotInRegion or RegionError.RegionNotFound, refusal.Message);
            timeout.ThrowIfCancellationRequested();
        }
    }

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Asks a store in this process, without a gRPC port.</summary>
    private sealed class Door(StoreNode? node) : IClusterToJoin
    {
        public async Task<Registration?> RegisterAsync(RegisterStore store, bool waits, CancellationToken cancellation)
        {
            if (node is null) return null;
            var stores = await node.Placement.ChangeStoresAsync(
                store with { Cluster = store.Cluster == 0 ? node.ClusterId : store.Cluster }, cancellation);
            return new Registration(node.Settings.ClusterName, stores);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.DisposeAsync().AsTask()));
        _directory.Dispose();
    }
}
