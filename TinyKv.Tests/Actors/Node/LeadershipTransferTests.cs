using System.Globalization;
using Akka.Actor;
using TinyKv.Actors.Messages;
using TinyKv.Core.Raft.Membership;
using TinyKv.Core.Regions;
using TinyKv.Testing;
using TinyKv.Testing.Linearizability;

namespace TinyKv.Tests.Actors.Node;

[Trait("lane", "slow")]
public sealed class LeadershipTransferTests
{
    [Fact]
    public async Task A_store_that_ends_in_order_leads_nothing_any_more()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        var leader = await cluster.PutAsync("a", [1]);
        var before = await TestCluster.StatusAsync(leader);

        await leader.HandOverAsync();

        var after = await TestCluster.StatusAsync(leader);
        Assert.Equal("follower", after.Role);
        Assert.True(after.Term > before.Term);
        Assert.NotEqual(leader.Settings.StoreId.Value, after.LeaderStoreId);
        Assert.Equal([1], await cluster.GetAsync("a"));
    }

    [Fact]
    public async Task A_store_that_nobody_can_take_over_from_leaves_all_the_same()
    {
        await using var cluster = new TestCluster(2);
        await cluster.StartAllAsync();
        var leader = await cluster.PutAsync("a", [1]);
        var other = cluster.Nodes.Single(node => node != leader);
        await other.KillAsync();

        await leader.HandOverAsync().WaitAsync(Timeouts.Long);
    }

    [Fact]
    public async Task Twenty_transfers_under_load_cost_no_request_and_no_write()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        using var end = new CancellationTokenSource();
        var history = new History();
        var clients = Enumerable.Range(0, 4).Select(
            number => WorkAsync(new RecordingClient(cluster.Raw, history), number, end.Token)).ToList();

        var transferred = 0;
        for (var i = 0; transferred < 20 && i < 100; i++)
        {
            var leader = await cluster.LeaderAsync(Timeouts.Long);
            var target = new StoreId(leader.Id % 3 + 1);
            var outcome = await leader.Node.System.ActorSelection("/user/store").Ask<object>(
                new TransferLeadership(RegionId.First, target), Timeouts.Long);
            if (outcome is TransferOutcome.Done) transferred++;
        }
        await end.CancelAsync();
        var requests = await Task.WhenAll(clients);

        Assert.Equal(20, transferred);
        Assert.All(requests, count => Assert.True(count > 0));
        Assert.Empty(history.Check(TimeSpan.FromSeconds(20)));
    }

    // Whatever fails ends the test.
    private static async Task<int> WorkAsync(RecordingClient client, int number, CancellationToken end)
    {
        for (var count = 0; ; count++)
        {
            if (end.IsCancellationRequested) return count;
            var key = TestCluster.Bytes((count % 3).ToString(CultureInfo.InvariantCulture));
            if (count % 2 == 0) await client.PutAsync(key, TestCluster.Bytes($"{number}-{count}"), cancellation: Timeouts.Long);
            else await client.GetAsync(key, cancellation: Timeouts.Long);
        }
    }
}
