using TinyKv.Actors.Node;
using TinyKv.Client;
using TinyKv.Core;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Testing;

[Trait("lane", "slow")]
public sealed class TinyKvClusterTests
{
    private static readonly byte[] Key = [1];
    private static readonly byte[] Other = [2];

    [Fact]
    public async Task Any_client_reads_what_another_has_written()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);

        await using var client = await TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = [cluster.Endpoints[2]] }, Timeouts.Long);

        Assert.Equal(Key, await client.Raw.GetAsync(Key, cancellation: Timeouts.Long));
        Assert.Equal(3, cluster.Stores.Count(store => store.IsReady));
    }

    [Fact]
    public async Task A_store_that_was_killed_comes_back_with_its_data()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);

        await cluster.KillStoreAsync(1);
        Assert.False(cluster[1].IsRunning);
        await cluster.StartStoreAsync(1, Timeouts.Long);

        Assert.Equal(Key, await cluster.Raw.GetAsync(Key, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task The_others_continue_without_a_store_that_was_stopped()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        var leader = (await cluster.LeaderAsync(Timeouts.Long)).Id;

        await cluster.StopStoreAsync(leader);
        await cluster.Raw.PutAsync(Key, Key);
        Assert.NotEqual(leader, (await cluster.LeaderAsync(Timeouts.Long)).Id);
        await cluster.StartStoreAsync(leader, Timeouts.Long);

        await cluster.WhenReadyAsync(Timeouts.Long);
    }

    [Fact]
    public async Task The_majority_continues_without_the_leader_that_is_cut_off()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);
        var leader = await cluster.LeaderAsync(Timeouts.Long);

        cluster.Partition(leader.Id);
        await Eventually.Async(() => Task.FromResult(leader.IsLeader ? null : "it has stepped down"));
        Assert.NotEqual(leader.Id, (await cluster.LeaderAsync(Timeouts.Long)).Id);
        await cluster.Raw.PutAsync(Key, Other);
        cluster.Heal();

        await cluster.WhenReadyAsync(Timeouts.Long);
        Assert.Equal(Other, await cluster.Raw.GetAsync(Key, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task A_write_waits_for_a_disk_that_is_held_up()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        cluster.PauseDisk(1);

        var write = cluster.Raw.PutAsync(Key, Key);
        // A read needs no disk: when it is answered the write was there, too, and has not been.
        await cluster.Raw.GetAsync(Other, cancellation: Timeouts.Long);
        Assert.False(write.IsCompleted);
        cluster.ResumeDisk(1);

        await write;
    }

    [Fact]
    public async Task A_store_whose_disk_fails_ends_itself_and_can_be_started_again()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);
        var node = cluster[1].Node;
        cluster.FailDisk(1);

        var write = cluster.Raw.PutAsync(Key, Other);
        await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
        Assert.False(cluster[1].IsRunning);
        await cluster.StartStoreAsync(1, Timeouts.Long);

        await Record.ExceptionAsync(() => write);
        Assert.NotNull(await cluster.Raw.GetAsync(Key, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task A_store_whose_disk_is_gone_is_replaced_by_one_that_is_added()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);
        var data = cluster[1].Node.Settings.DataDirectory;
        await cluster.KillStoreAsync(1);
        Directory.Delete(data, recursive: true);

        var added = await cluster.AddStoreAsync(Timeouts.Long);
        await cluster.RemoveStoreAsync(1, Timeouts.Long);

        Assert.Equal([2, 3, added.Id], cluster.Stores.Select(store => store.Id));
        // Without the second the added one is needed.
        await cluster.KillStoreAsync(2);
        Assert.Equal(Key, await cluster.Raw.GetAsync(Key, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task A_store_that_was_added_comes_back_under_its_number()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        await cluster.Raw.PutAsync(Key, Key);
        var added = await cluster.AddStoreAsync(Timeouts.Long);

        await cluster.KillStoreAsync(added.Id);
        await cluster.StartStoreAsync(added.Id, Timeouts.Long);
        await cluster.WhenReadyAsync(Timeouts.Long);

        var self = added.Node.Settings.Self;
        Assert.Equal((added.Id, added.Endpoint), (self.Id.Value, self.Grpc));
        Assert.Equal([cluster[1].Endpoint, added.Endpoint], cluster.Endpoints);
        await using var client = await TinyKvClient.ConnectAsync(
            new TinyKvClientOptions { Endpoints = [added.Endpoint] }, Timeouts.Long);
        Assert.Equal(Key, await client.Raw.GetAsync(Key, cancellation: Timeouts.Long));
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        string directory;
        await using (var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long))
        {
            directory = Path.GetDirectoryName(cluster[1].Node.Settings.DataDirectory)!;
            Assert.True(Directory.Exists(directory));
        }
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_store_or_a_setting_that_does_not_exist_is_refused_by_name()
    {
        Assert.Contains("tinykv.raft.ticks", (await Assert.ThrowsAsync<SettingException>(
            () => TinyKvCluster.StartAsync(1, "tinykv.raft.ticks = 1"))).Message, StringComparison.Ordinal);

        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);

        Assert.Contains("store 2", Assert.Throws<TinyKvException>(() => cluster.PauseDisk(2)).Message,
            StringComparison.Ordinal);
    }
}
