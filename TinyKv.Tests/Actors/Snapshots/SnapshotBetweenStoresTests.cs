using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Node;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Snapshots;

/// <summary>Snapshots between real stores, over sockets and on disks.</summary>
[Trait("lane", "slow")]
public sealed class SnapshotBetweenStoresTests : IAsyncLifetime
{
    private const int Keys = 100;

    private readonly TestCluster _cluster = new(3);

    public Task InitializeAsync() => _cluster.StartAllAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task A_store_pulls_a_region_from_its_leader_and_all_go_on_serving()
    {
        for (var i = 0; i < Keys; i++) await _cluster.PutAsync($"key {i:d3}", new byte[64 * 1024]);
        var leader = await _cluster.LeaderAsync();
        var other = _cluster.Nodes.First(node => node != leader);
        var directory = Path.Combine(other.Settings.DataDirectory, "snapshots", $"{RegionId.First.Value}");

        var fetched = await FetchAsync(other, leader);

        var snapshot = Assert.IsType<SnapshotStaged>(fetched).Snapshot;
        Assert.Equal(Keys, snapshot.Tables.Sum(table => table.Pairs));
        Assert.True(snapshot.Header.Applied.Index >= Keys);
        Assert.True(File.Exists(Path.Combine(directory, "manifest")));
        await _cluster.PutAsync("key after", [1]);
        Assert.Same(leader, await _cluster.LeaderAsync());
        other.System.ActorSelection("/user/snapshots").Tell(new DropSnapshot(RegionId.First, snapshot.Header.Applied));
        await Eventually.True(() => !Directory.Exists(directory));
    }

    [Fact]
    public async Task From_a_store_that_does_not_lead_there_is_none()
    {
        await _cluster.PutAsync("key", [1]);
        var leader = await _cluster.LeaderAsync();
        var other = _cluster.Nodes.First(node => node != leader);

        Assert.IsType<SnapshotNotFetched>(await FetchAsync(leader, other));
    }

    private static Task<object> FetchAsync(StoreNode to, StoreNode from) =>
        to.System.ActorSelection("/user/snapshots").Ask<object>(
            new FetchSnapshot(RegionId.First, from.Settings.StoreId, LogPosition.Zero), TimeSpan.FromSeconds(60));
}
