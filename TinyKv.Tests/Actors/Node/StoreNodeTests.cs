using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Core;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Persistence;
using TinyKv.Persistence.Checking;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;

namespace TinyKv.Tests.Actors.Node;

[Trait("lane", "slow")]
public sealed class StoreNodeTests
{
    [Fact]
    public async Task A_bind_address_that_was_looked_up_is_not_looked_up_again()
    {
        await using var cluster = new TestCluster(1);
        var config = cluster.Config(1, "tinykv.store.bind-host = no-such-host.invalid");

        using var store = PreparedStore.Open(config, IPAddress.Loopback, faults: null, Timeouts.Long);

        Assert.Equal(IPAddress.Loopback, store.Bind);
    }

    [Fact]
    public async Task One_store_serves_what_was_written_also_after_a_restart()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAllAsync();
        await cluster.PutAsync("a", [1]);
        Assert.Equal([1], await cluster.GetAsync("a"));
        await cluster.StopAsync(1);

        await cluster.StartAsync(1);

        Assert.Equal([1], await cluster.GetAsync("a"));
        Assert.Null(await cluster.GetAsync("b"));
    }

    [Fact]
    public async Task Three_stores_replicate_and_survive_the_stop_of_their_leader()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        var first = (await cluster.PutAsync("a", [1])).Settings.StoreId.Value;
        await cluster.StopAsync(first);

        Assert.Equal([1], await cluster.GetAsync("a"));
        var second = await cluster.PutAsync("b", [2]);
        Assert.NotEqual(first, second.Settings.StoreId.Value);

        var index = (await TestCluster.StatusAsync(second)).AppliedIndex;
        await cluster.StartAsync(first);
        var status = await cluster.AppliedAsync(first, index);
        Assert.Equal(RegionId.First.Value, status.Region.Id);
    }

    [Fact]
    public async Task A_store_logs_when_it_is_ready_and_when_it_is_not_any_more()
    {
        await using var cluster = new TestCluster(2);
        using var log = Inbox.Create((await cluster.StartAsync(1, "akka.loglevel = INFO")).System);
        cluster[1].System.EventStream.Subscribe(log.Receiver, typeof(Info));

        await cluster.StartAsync(2);
        Says("The store is ready");

        await cluster.StopAsync(2);
        Says("The store is not ready any more");

        void Says(string line) => log.ReceiveWhere(
            message => $"{((Info)message).Message}".StartsWith(line, StringComparison.Ordinal), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task The_largest_entry_reaches_the_other_stores()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();

        var leader = await cluster.PutAsync("big", new byte[Limits.MaxEntryBytes - 100]);

        var index = (await TestCluster.StatusAsync(leader, "big")).AppliedIndex;
        for (var store = 1UL; store <= 3; store++) await cluster.AppliedAsync(store, index, "big");
    }

    [Fact]
    public async Task Ids_and_timestamps_rise_over_a_change_of_leader_whoever_is_asked()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster.LeaderAsync();
        var ids = new List<ulong>();
        var timestamps = new List<(long, long)>();
        await AskAllAsync();
        var leader = await Eventually.Async(() => Task.FromResult(cluster[1].Placement.Leader as object));

        await cluster.StopAsync(((StoreId)leader).Value);
        await AskAllAsync();

        Assert.Equal(ids.Distinct().Count(), ids.Count);
        Assert.All(ids, id => Assert.True(id >= 1000));
        Assert.Equal(timestamps.Order(), timestamps);
        Assert.Equal(timestamps.Distinct().Count(), timestamps.Count);

        async Task AskAllAsync()
        {
            for (var i = 0; i < 5; i++)
            {
                foreach (var node in cluster.Nodes)
                {
                    ids.Add(await RetryAsync(() => node.Placement.AllocateIdAsync(Timeouts.Long)));
                    var last = await RetryAsync(() => node.Placement.AllocateTimestampsAsync(7, Timeouts.Long));
                    timestamps.Add((last.Physical, last.Logical));
                }
            }
        }
    }

    [Fact]
    public async Task A_standalone_store_serves_without_a_log()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAsync(1, "tinykv.storage.mode = standalone");
        var region = (await cluster.LeaderAsync()).Placement.Regions.Entries.First();
        var context = new RequestContext(region.Region.Id, region.Region.Epoch, region.Leader, 0);
        var key = TestCluster.Bytes("a");

        Assert.Null(await cluster[1].Storage.WriteAsync(
            context, [new Modify.Put(ColumnFamily.Default, key, key)], Timeouts.Long));
        using var reader = (await cluster[1].Storage.ReaderAsync(context, Timeouts.Long)).Reader!;

        Assert.Equal(key, reader.GetCF(ColumnFamily.Default, key));
    }

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        await using var cluster = new TestCluster(1);
        var port = SettingsReader.Read(cluster.Config(1).WithFallback(ReferenceConfig.OfStore)).Self.RemotingPort;
        using var other = new TcpListener(IPAddress.Loopback, port);
        other.Start();

        var refusal = await Assert.ThrowsAsync<TinyKvException>(() => cluster.StartAsync(1));

        Assert.Contains($":{port}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_in_use_is_refused_and_left_alone()
    {
        await using var cluster = new TestCluster(1);
        await cluster.StartAsync(1);

        await Assert.ThrowsAsync<TinyKvException>(() => StoreNode.StartAsync(cluster.Config(1), Timeouts.Long));

        await cluster.PutAsync("a", [1]);
    }

    [Fact]
    public async Task A_store_that_is_told_other_stores_than_its_directory_was_formed_with_ends_with_both_lists()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster.LeaderAsync();
        await cluster.StopAsync(1);

        var node = await cluster.StartAsync(1, """
            tinykv.cluster.stores = [
              { id = 1, host = "127.0.0.1", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }
            ]
            """.Replace("remoting-port = 3", $"remoting-port = {FreePorts.Take()}", StringComparison.Ordinal)
            .Replace("raft-port = 103", $"raft-port = {FreePorts.Take()}", StringComparison.Ordinal));

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
        Assert.True(reason.IsMisconfigured);
        Assert.Contains("initial stores [1, 2, 3], but tinykv.cluster.stores names [1];", reason.Message,
            StringComparison.Ordinal);
        Assert.False(node.IsReady);
    }

    [Fact]
    public async Task A_store_waits_for_all_others_before_the_cluster_is_formed_and_says_so()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAsync(1);
        await cluster.StartAsync(2);

        var waiting = await Eventually.Async(async () =>
        {
            var status = await cluster[1].StatusAsync(Timeouts.Long);
            return status.Acquaintances[0].State == "accepted" ? status : null;
        });
        Assert.Equal((3UL, "waiting"), (waiting.Acquaintances[1].StoreId, waiting.Acquaintances[1].State));
        Assert.False(waiting.Formed || waiting.Ready);
        Assert.Empty(waiting.Peers);

        await cluster.StartAsync(3);
        await cluster.PutAsync("a", [1]);
        Assert.True((await cluster[1].StatusAsync(Timeouts.Long)).Formed);
    }

    [Fact]
    public async Task A_store_with_an_empty_directory_ends_and_serves_again_with_its_own()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await cluster.PutAsync("a", [1]);
        await cluster.StopAsync(3);

        using var empty = new TemporaryDirectory();
        var stranger = await cluster.StartAsync(3, $"tinykv.store.data-directory = \"{empty.Path}\"");

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => stranger.Terminated.WaitAsync(Timeouts.Long));
        Assert.False(reason.IsMisconfigured);
        Assert.Contains("store 3 shows up with a new data directory", reason.Message, StringComparison.Ordinal);
        Assert.Empty(stranger.Placement.Regions.Entries.Where(region => region.Leader is not null));
        await cluster.StopAsync(3);

        await cluster.StartAsync(3);
        await cluster.LeaderAsync();
        Assert.Equal([1], await cluster.GetAsync("a"));
    }

    [Fact]
    public async Task A_store_whose_journal_is_lost_ends()
    {
        await using var cluster = new TestCluster(1);
        var node = await cluster.StartAsync(1);
        await cluster.PutAsync("a", [1]);
        await cluster.StopAsync(1);
        Directory.Delete(Path.Combine(node.Settings.DataDirectory, "journal"), recursive: true);

        node = await cluster.StartAsync(1);

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
        Assert.Contains("is empty, but it was not", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Placement_knows_the_stores_and_where_one_is_that_was_moved()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        foreach (var node in cluster.Nodes)
            await Eventually.Async(() => Task.FromResult(
                node.Placement.Stores is { IsBootstrapped: true } known ? known : null));
        var list = await Eventually.Async(async () => await cluster[2].Placement.ListStoresAsync(Timeouts.Long) is var stores
            && stores.Reports.All(report => report.Stats is not null) ? stores : null);

        Assert.Equal([1UL, 2, 3], list.Directory.Stores.Keys);
        Assert.All(list.Reports, report => Assert.Equal(StoreCondition.Up, report.Condition));
        Assert.All(list.Reports, report => Assert.True(report.Stats!.UsedBytes > 0 && report.Stats.RegionCount == 1));
        Assert.All(list.Directory.Stores.Values, store => Assert.Equal(
            cluster[store.Id.Value].Settings.Self.Addresses, store.Addresses));

        // Over gRPC it is elsewhere; the others are told by placement.
        var stores = cluster[1].Settings.Stores.Select(store =>
            $"{{ id = {store.Id.Value}, host = \"{store.Host}\", grpc-port = {(store.Id.Value == 3 ? 33 : store.GrpcPort)}, "
            + $"status-port = {store.StatusPort}, remoting-port = {store.RemotingPort}, "
            + $"raft-port = {store.RaftPort} }}").ToList();
        await cluster.StopAsync(3);
        await cluster.StartAsync(3, $"tinykv.cluster.stores = [ {string.Join(", ", stores)} ]");
        await Eventually.Async(() => Task.FromResult(
            cluster[1].Placement.Stores.Find(new StoreId(3))!.Addresses is { GrpcPort: 33 } moved ? moved : null));
    }

    [Fact]
    public async Task A_store_that_loses_engine_and_journal_together_ends()
    {
        await using var cluster = new TestCluster(1);
        var node = await cluster.StartAsync(1);
        await cluster.PutAsync("a", [1]);
        await cluster.StopAsync(1);
        foreach (var name in new[] { "data", "journal" })
            Directory.Delete(Path.Combine(node.Settings.DataDirectory, name), recursive: true);

        node = await cluster.StartAsync(1);

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
        Assert.Contains("is empty, but it was not", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_standalone_store_that_lost_its_engine_does_not_begin_anew()
    {
        await using var cluster = new TestCluster(1);
        var node = await cluster.StartAsync(1, "tinykv.storage.mode = standalone");
        await RetryAsync(() => node.Placement.AllocateIdAsync(Timeouts.Long));
        await cluster.StopAsync(1);
        Directory.Delete(Path.Combine(node.Settings.DataDirectory, "data"), recursive: true);

        var refused = await Assert.ThrowsAsync<StorageFailedException>(
            () => cluster.StartAsync(1, "tinykv.storage.mode = standalone"));

        Assert.Contains("is empty, but store 1 has used it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_begins_with_as_many_replicas_as_it_is_told_and_the_other_stores_pass_on()
    {
        const string two = "tinykv.placement.replicas = 2";
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync(two);
        await cluster.PutAsync("a", [1]);

        var reply = await cluster[3].Raw.ExecuteAsync(
            new GetRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("a") }, Timeouts.Long);

        Assert.Equal([1], reply.Value.Value.ToByteArray());
        var replicas = await Task.WhenAll(
            cluster.Nodes.Select(async node => (await node.StatusAsync(Timeouts.Long)).Peers.Count));
        Assert.Equal([2, 2, 0], replicas);
        await RequireNoNewEngineAsync(cluster, two);
    }

    // It could have got a replica, and promised something, without anybody but its engine knowing.
    private static async Task RequireNoNewEngineAsync(TestCluster cluster, string settings)
    {
        var data = Path.Combine(cluster[3].Settings.DataDirectory, "data");
        await cluster.StopAsync(3);
        Directory.Move(data, $"{data}-away");

        var found = StoreCheck.Run(Path.GetDirectoryName(data)!);
        var lost = await Assert.ThrowsAsync<StorageFailedException>(() => cluster.StartAsync(3, settings));
        Directory.Delete(data, recursive: true);
        Directory.Move($"{data}-away", data);
        await cluster.StartAsync(3, settings);

        Assert.Contains("is empty, but store 3 has used it", lost.Message, StringComparison.Ordinal);
        Assert.Contains("but the store has used it", found.Parts[1].Details[0], StringComparison.Ordinal);
        Assert.StartsWith("put back into", found.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_does_not_start_on_the_engine_of_another()
    {
        await using var cluster = new TestCluster(1);
        await using var other = new TestCluster(1);
        var (node, stranger) = (await cluster.StartAsync(1), await other.StartAsync(1));
        await cluster.StopAsync(1);
        await other.StopAsync(1);
        var (data, strange) = (DataOf(node), DataOf(stranger));
        Directory.Delete(data, recursive: true);
        Directory.Move(strange, data);

        var refused = await Assert.ThrowsAsync<StorageFailedException>(() => cluster.StartAsync(1));

        Assert.Contains("belongs to the data directory", refused.Message, StringComparison.Ordinal);
        var found = StoreCheck.Run(node.Settings.DataDirectory);
        Assert.Contains("it belongs to the data directory", Assert.Single(found.Parts[1].Details), StringComparison.Ordinal);
        Assert.StartsWith("put back into", found.Remedy, StringComparison.Ordinal);

        static string DataOf(StoreNode node) => Path.Combine(node.Settings.DataDirectory, "data");
    }

    [Fact]
    public async Task A_store_whose_journal_fails_ends_with_the_reason()
    {
        await using var cluster = new TestCluster(1);
        var node = await cluster.StartAsync(1);
        await cluster.LeaderAsync();

        node.System.EventStream.Publish(new JournalFailed("in memory", new IOException("no space left")));

        var reason = await Assert.ThrowsAsync<StoreFailedException>(() => node.Terminated.WaitAsync(Timeouts.Long));
        Assert.Contains("no space left", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_out_of_reach_is_not_removed_however_long_it_takes()
    {
        await using var cluster = new TestCluster(1);
        var node = await cluster.StartAsync(1);
        Assert.IsType<Akka.Cluster.NoDowning>(Akka.Cluster.Cluster.Get(node.System).DowningProvider);
    }

    private static async Task<T> RetryAsync<T>(Func<Task<T>> ask)
    {
        var timeout = Timeouts.Long;
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (PlacementUnavailableException) when (!timeout.IsCancellationRequested)
            {
                // An election takes as long as it takes on a busy machine.
            }
        }
    }
}
