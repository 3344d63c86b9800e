using TinyKv.Actors.Node;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Core.Commands;
using TinyKv.Core.Raft;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Checking;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Actors.Node;

/// <summary>Real stores that lose replicas and get others.</summary>
[Trait("lane", "slow")]
public sealed class MembershipTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(3);
    private ulong _peers = 1000;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task A_replica_is_removed_with_all_that_it_had_and_another_one_takes_its_place(string journal)
    {
        var settings = $"tinykv.raft.max-log-entries = 10\ntinykv.journal = {journal}";
        await StartAllAsync(settings);
        for (var i = 0; i < 30; i++) await _cluster.PutAsync($"key {i}", TestCluster.Bytes("b"));

        await ReachAsync(RegionId.First, new MemberGoal.None(new StoreId(3)));
        await GoneAsync(3, RegionId.First);
        await StopSoundAsync(3);
        await _cluster.StartAsync(3, settings);
        await _cluster.DeleteAsync("key 0");
        await ReachAsync(RegionId.First, Voter(3));
        await VotesAsync(3, RegionId.First);
        await LeadAsync(3);

        Assert.Null(await _cluster.GetAsync("key 0"));
        Assert.Equal(TestCluster.Bytes("b"), await _cluster.GetAsync("key 29"));
        // What is removed and what came instead outlast a restart.
        await StopSoundAsync(3);
        await _cluster.StartAsync(3, settings);
        await LeadAsync(3);
        Assert.Equal(TestCluster.Bytes("b"), await _cluster.GetAsync("key 29"));
    }

    [Fact]
    public async Task A_leader_removes_itself_and_requests_at_its_store_reach_the_next_one()
    {
        await StartAllAsync();
        await _cluster.PutAsync("a", TestCluster.Bytes("b"));
        var leader = (await _cluster.LeaderAsync()).Settings.StoreId;

        await ReachAsync(RegionId.First, new MemberGoal.None(leader));

        await GoneAsync(leader.Value, RegionId.First);
        var reply = await _cluster[leader.Value].Raw.ExecuteAsync(
            new TinyKv.Protocol.Wire.Raw.V1.GetRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("a") }, Timeouts.Long);
        Assert.Null(reply.RegionError);
    }

    [Fact]
    public async Task A_replica_that_is_removed_while_its_store_is_away_is_gone_when_it_comes_back()
    {
        await StartAllAsync();
        await _cluster.PutAsync("a", TestCluster.Bytes("b"));
        await _cluster.AppliedAsync(3, 2);
        await _cluster.StopAsync(3);
        foreach (var region in new[] { RegionId.First, RegionId.Placement })
            await ReachAsync(region, new MemberGoal.None(new StoreId(3)));

        await _cluster.StartAsync(3);

        await GoneAsync(3, RegionId.First);
        await GoneAsync(3, RegionId.Placement);
        await ReachAsync(RegionId.Placement, Voter(3));
        await VotesAsync(3, RegionId.Placement);
    }

    // What is removed here, placement does not give back.
    private async Task StartAllAsync(string settings = "")
    {
        await _cluster.StartAllAsync(settings);
        await Eventually.Async(async () =>
        {
            try
            {
                var placement = _cluster[1].Placement;
                return !placement.Stores.IsBootstrapped ? null : await placement.ChangeStoresAsync(
                    new SetClusterConfig(placement.Stores.Cluster, MaxReplicas: 1), Timeouts.Long);
            }
            catch (PlacementUnavailableException)
            {
                return null;
            }
        });
    }

    private async Task StopSoundAsync(ulong store)
    {
        var directory = _cluster[store].Settings.DataDirectory;
        await _cluster.StopAsync(store);
        var report = StoreCheck.Run(directory);
        Assert.True(report.IsSound, string.Join('\n', report.Parts.SelectMany(part => part.Details)));
    }

    private static MemberGoal.Voter Voter(ulong store) => new(new StoreId(store), PeerId.None);

    private Task<string> ReachAsync(RegionId region, MemberGoal goal) => Eventually.Async(async () =>
    {
        try
        {
            var regions = _cluster.Nodes.First().Regions;
            var step = await regions.ChangeMembersAsync(region, goal, ifConfVer: 0, Timeouts.Long);
            if (step.NeedsNumber) await regions.ChangeMembersAsync(
                region, new MemberGoal.Voter(goal.Store, new PeerId(++_peers)), step.ConfVer, Timeouts.Long);
            return step.UnderWay is null ? "reached" : null;
        }
        catch (RegionRefusedException refused) when (refused.Kind == RegionRefusalKind.Unavailable)
        {
            return null;
        }
    });

    private Task<string> GoneAsync(ulong store, RegionId region) => Eventually.Async(async () =>
        await PeerAsync(_cluster[store], region) is null ? "gone" : null);

    private Task<PeerStatus> VotesAsync(ulong store, RegionId region) => Eventually.Async(async () =>
        await PeerAsync(_cluster[store], region) is { Role: "follower" or "leader", LeaderStoreId: > 0 } peer ? peer : null);

    private static async Task<PeerStatus?> PeerAsync(StoreNode node, RegionId region) =>
        (await node.StatusAsync(Timeouts.Long)).Peers.FirstOrDefault(peer => peer.Region.Id == region.Value);

    private Task<string> LeadAsync(ulong store) => Eventually.Async(async () =>
    {
        try
        {
            await _cluster[1].Regions.TransferLeaderAsync(RegionId.First, new StoreId(store), default);
            return "it leads";
        }
        catch (RegionRefusedException)
        {
            return null; // it has not caught up
        }
    });
}
