using Google.Protobuf;
using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Raw.V1;

namespace TinyKv.Tests.Actors.Node;

/// <summary>A fourth store and a cluster of three.</summary>
public sealed class JoinedStoreTests : IAsyncLifetime
{
    private const string Fast = """
        tinykv.placement.heartbeat-interval = 200ms
        akka.cluster.failure-detector { heartbeat-interval = 200ms, acceptable-heartbeat-pause = 3s }
        """;

    private readonly TestCluster _cluster = new(3);

    [Fact]
    public async Task A_fourth_store_joins_three_and_is_one_of_them_after_any_restart()
    {
        await _cluster.PutAsync("before", [1]);

        var fourth = await _cluster.JoinAsync("fourth", _cluster[1]);

        await AcquaintedAsync(4);
        Assert.Equal(PlacementState.FirstId, fourth.Settings.StoreId.Value);
        var four = fourth.Settings.StoreId;
        var list = await _cluster[2].Placement.ListStoresAsync(Timeouts.Long);
        Assert.Equal(StoreCondition.Up, list.Of(four)!.Condition);
        await Eventually.True(() => _cluster.Nodes.All(node => node.Stores.Length == 4));
        // It has no region, and passes on what it is asked when it has heard where they are.
        await Eventually.True(() => fourth.IsReady);
        Assert.Equal(1, fourth.Placement.Regions.Count);
        var read = await fourth.Raw.ExecuteAsync(
            new GetRequest { Key = ByteString.CopyFromUtf8("before") }, Timeouts.Long);
        Assert.Equal([1], read.Value.Value.ToByteArray());

        // By itself, while nobody tells it anything that it does not know.
        await _cluster.StopAsync(four.Value);
        Assert.Equal(four, (await _cluster.JoinAsync("fourth", through: null)).Settings.StoreId);
        await AcquaintedAsync(4);

        // All, and the one without a list of stores before all others.
        foreach (var store in _cluster.Nodes.Select(node => node.Settings.StoreId).ToList())
            await _cluster.StopAsync(store.Value);
        await _cluster.JoinAsync("fourth", through: null);
        await _cluster.StartAllAsync(Fast);
        await AcquaintedAsync(4);
        Assert.Equal([1], await _cluster.GetAsync("before"));
    }

    [Fact]
    public async Task A_store_that_was_removed_is_told_so_when_it_comes_back_and_the_others_continue()
    {
        var four = (await _cluster.JoinAsync("fourth", _cluster[1])).Settings.StoreId;
        await AcquaintedAsync(4);
        // As a process that is killed: Akka.Cluster would wait for it.
        await _cluster[four.Value].KillAsync();
        await _cluster.StopAsync(four.Value);
        Assert.Equal(StoreState.Tombstone, (await _cluster[2].RemoveStoreAsync(four, Timeouts.Long)).Stores.Find(four)!.State);
        // To repeat it does no harm.
        await _cluster[1].RemoveStoreAsync(four, Timeouts.Long);
        await Eventually.True(() => _cluster.Nodes.All(node => node.Stores.Length == 3));
        await Eventually.True(() => _cluster.Nodes.All(node => Akka.Cluster.Cluster.Get(node.System).State.Members.Count == 3));

        var removed = await _cluster.JoinAsync("fourth", through: null);

        var told = await Assert.ThrowsAsync<StoreFailedException>(() => removed.Terminated.WaitAsync(Timeouts.Long));
        Assert.True(told.IsMisconfigured);
        Assert.Contains($"{four} was removed from the cluster: start with an empty data directory", told.Message,
            StringComparison.Ordinal);
        await _cluster.StopAsync(four.Value);
        await AcquaintedAsync(3);
        await _cluster.PutAsync("after", [1]);
    }

    [Fact]
    public async Task A_store_whose_replicas_have_no_other_place_is_not_removed_and_nothing_has_changed()
    {
        var refused = await Assert.ThrowsAsync<RegistryRefusedException>(
            () => _cluster[1].RemoveStoreAsync(new StoreId(3), Timeouts.Long));

        Assert.StartsWith(
            "store 3 has replicas of placement, region 1, which have no other place to go: let another store join first",
            refused.Message, StringComparison.Ordinal);
        Assert.All(_cluster[1].Placement.Stores.Stores.Values, store => Assert.Equal(StoreState.Up, store.State));
    }

    [Fact]
    public async Task While_a_region_has_no_leader_nobody_knows_whether_a_store_has_a_replica_of_it()
    {
        var four = (await _cluster.JoinAsync("fourth", _cluster[1])).Settings.StoreId;
        await AcquaintedAsync(4);
        await _cluster.StopAsync(2);
        await _cluster.StopAsync(3);

        await Assert.ThrowsAsync<PlacementUnavailableException>(() => _cluster[1].RemoveStoreAsync(four, Timeouts.Long));
    }

    public async Task InitializeAsync()
    {
        await _cluster.StartAllAsync(Fast);
        await _cluster.LeaderAsync();
        await Eventually.True(() => _cluster.Nodes.All(node => node.Placement.Stores.IsBootstrapped));
    }

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    // Each has accepted all others, and they have accepted it.
    private Task<string> AcquaintedAsync(int stores) => Eventually.Async(async () =>
    {
        foreach (var node in _cluster.Nodes.Where(node => !node.Terminated.IsCompleted))
        {
            var others = (await node.StatusAsync(Timeouts.Long)).Acquaintances;
            if (others.Count != stores - 1 || others.Any(other => other.State != "accepted")) return null;
        }
        return "";
    });
}
