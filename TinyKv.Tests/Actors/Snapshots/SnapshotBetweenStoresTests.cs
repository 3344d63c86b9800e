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
    public async Task A_store_that_does_not_lead_gives_what_it_has_applied()
    {
        await _cluster.PutAsync("key", [1]);
        var leader = await _cluster.LeaderAsync();
        var other = _cluster.Nodes.First(node => node != leader);

        Assert.IsType<SnapshotStaged>(await FetchAsync(leader, other));
    }

    [Fact]
    public async Task A_region_that_a_store_does_not_have_is_not_fetched_from_it()
    {
        await _cluster.PutAsync("key", [1]);
        var (to, from) = (_cluster.Nodes.First(), _cluster.Nodes.Last());

        var fetched = await FetchAsync(to, from, new RegionId(99));

        Assert.Contains("99", Assert.IsType<SnapshotNotFetched>(fetched).Reason, StringComparison.Ordinal);
    }

    private static Task<object> FetchAsync(StoreNode to, StoreNode from, RegionId? region = null) =>
        to.System.ActorSelection("/user/snapshots").Ask<object>(
            new FetchSnapshot(region ?? RegionId.First, from.Settings.StoreId, LogPosition.Zero), TimeSpan.FromSeconds(60));
}
