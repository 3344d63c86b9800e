using Grpc.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Scheduling;
using RegisterStore = TinyKv.Core.Commands.RegisterStore;
using SetClusterConfig = TinyKv.Core.Commands.SetClusterConfig;
using UpdateStore = TinyKv.Core.Commands.UpdateStore;
using Wire = TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Server.Grpc;

/// <summary>The stores of the cluster, over <c>schedulerpb.Scheduler</c> and <c>tinykv.admin.v1.Admin</c>.</summary>
public sealed class SchedulerStoresTests : ServedTests
{
    private Scheduler.SchedulerClient Placement => new(Ports.Channel);

    private Admin.AdminClient Tools => new(Ports.Channel);

    private static RequestHeader Header => new() { ClusterId = 77 };

    [Fact]
    public async Task A_cluster_is_bootstrapped_by_its_stores_and_by_nobody_else()
    {
        var early = await Placement.BootstrapAsync(new BootstrapRequest { Header = Header });
        Assert.False((await Placement.IsBootstrappedAsync(new() { Header = Header })).Bootstrapped);
        Assert.Equal(ErrorType.NotBootstrapped,
            (await Placement.GetClusterConfigAsync(new() { Header = Header })).Header.Error.Type);
        Know();

        Assert.True((await Placement.IsBootstrappedAsync(new() { Header = Header })).Bootstrapped);
        var again = await Placement.BootstrapAsync(new BootstrapRequest { Header = Header });
        Assert.Equal((ErrorType.Unknown, ErrorType.AlreadyBootstrapped), (early.Header.Error.Type, again.Header.Error.Type));
    }

    [Fact]
    public async Task Stores_are_as_placement_has_written_them_down()
    {
        Know();

        var found = await Placement.GetStoreAsync(new GetStoreRequest { Header = Header, StoreId = 1000 });
        var all = await Placement.GetAllStoresAsync(new() { Header = Header });
        var living = await Placement.GetAllStoresAsync(new() { Header = Header, ExcludeTombstoneStores = true });

        Assert.Equal(("new:101", Wire.StoreState.Up), (found.Store.Address, found.Store.State));
        Assert.Equal([(1UL, Wire.StoreState.Offline), (2UL, Wire.StoreState.Tombstone), (1000UL, Wire.StoreState.Up)],
            all.Stores.Select(store => (store.Id, store.State)));
        Assert.Equal([1UL, 1000], living.Stores.Select(store => store.Id));
    }

    [Fact]
    public async Task A_store_that_is_put_is_accepted_as_it_is_known_and_told_what_is_wrong_otherwise()
    {
        Know();

        Assert.Null((await PutAsync(1000, "new:101")).Error);
        Assert.Contains("is at new:101", (await PutAsync(1000, "other:5")).Error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorType.StoreTombstone, (await PutAsync(2, "host2:101")).Error.Type);
        Assert.Contains("register themselves", (await PutAsync(9, "x:1")).Error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_heartbeat_goes_to_placement_and_a_removed_store_is_told_so()
    {
        var stats = new TinyKv.Protocol.Wire.Scheduling.StoreStats { StoreId = 3, Capacity = 10, Available = 4, UsedSize = 6 };
        var taken = await Placement.StoreHeartbeatAsync(new StoreHeartbeatRequest { Header = Header, Stats = stats });
        Store.Members.Refusal = new RegistryRefusal(RegistryRefusalKind.StoreRemoved, "gone");
        var refused = await Placement.StoreHeartbeatAsync(new StoreHeartbeatRequest { Header = Header, Stats = stats });

        Assert.Null(taken.Header.Error);
        var (store, heard) = Store.Members.Heard[0];
        Assert.Equal((new StoreId(3), 10L, 4L, 6L), (store, heard.CapacityBytes, heard.AvailableBytes, heard.UsedBytes));
        Assert.Equal((ErrorType.StoreTombstone, "gone"), (refused.Header.Error.Type, refused.Header.Error.Message));
    }

    [Fact]
    public async Task The_number_of_replicas_is_read_and_set()
    {
        Know();
        var config = await Placement.GetClusterConfigAsync(new GetClusterConfigRequest { Header = Header });
        var put = await Placement.PutClusterConfigAsync(new PutClusterConfigRequest
        {
            Header = Header,
            Cluster = new Wire.Cluster { Id = 77, MaxPeerCount = 5 },
        });

        Assert.Equal((77UL, 3U), (config.Cluster.Id, config.Cluster.MaxPeerCount));
        Assert.Null(put.Header.Error);
        Assert.Equal(new SetClusterConfig(77, 5), Assert.Single(Store.Members.Changes));
    }

    [Fact]
    public async Task Tools_see_all_that_is_known_of_stores()
    {
        var early = await Assert.ThrowsAsync<RpcException>(async () => await Tools.ListStoresAsync(new ListStoresRequest()));
        Assert.Equal(StatusCode.Unavailable, early.StatusCode);
        Know();

        var list = await Tools.ListStoresAsync(new ListStoresRequest());

        Assert.Equal((77UL, 3U, 3), (list.ClusterId, list.MaxReplicas, list.Stores.Count));
        var store = list.Stores[2];
        Assert.Equal((1000UL, "down", "new:101", "new:104", "000000000000000a", "a"),
            (store.StoreId, store.Condition, store.GrpcEndpoint, store.RaftEndpoint, store.DataDirectory, store.Labels["zone"]));
        Assert.Equal((4000L, 3L, 5), (store.SilenceMs, store.Usage.UsedBytes, store.Usage.LeaderCount));
    }

    [Fact]
    public async Task A_store_makes_itself_known_and_learns_which_cluster_it_is_in()
    {
        Know();
        var request = new RegisterStoreRequest
        {
            DataDirectory = 10,
            Host = "new",
            GrpcPort = 101,
            StatusPort = 102,
            RemotingPort = 103,
            RaftPort = 104,
            Version = "1.0",
        };

        var reply = await Tools.RegisterStoreAsync(request);

        Assert.Equal(
            new RegisterStore(77, new DirectoryId(10), new StoreAddresses("new", 101, 102, 103, 104), "1.0"),
            Assert.Single(Store.Members.Changes));
        Assert.Equal((77UL, "test"), (reply.ClusterId, reply.ClusterName));
        Assert.Equal([1UL, 1000], reply.Stores.Select(store => store.StoreId));
        Action<RegisterStoreRequest>[] mistakes = [r => r.RaftPort = 0, r => r.GrpcPort = 65536, r => r.Host = "a b"];
        foreach (var wrong in mistakes)
        {
            var bad = request.Clone();
            wrong(bad);
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await Tools.RegisterStoreAsync(bad));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }
    }

    [Theory]
    [InlineData(RegistryRefusalKind.UnknownStore, StatusCode.NotFound)]
    [InlineData(RegistryRefusalKind.StoreRemoved, StatusCode.FailedPrecondition)]
    [InlineData(RegistryRefusalKind.Outdated, StatusCode.Aborted)]
    [InlineData(RegistryRefusalKind.Invalid, StatusCode.InvalidArgument)]
    [InlineData(RegistryRefusalKind.NotBootstrapped, StatusCode.Unavailable)]
    public async Task Labels_are_set_or_the_reason_is_told(RegistryRefusalKind kind, StatusCode expected)
    {
        Know();
        var request = new SetStoreLabelsRequest { StoreId = 1000, IfRevision = 4, Labels = { { "zone", "b" } } };
        await Tools.SetStoreLabelsAsync(request);
        Store.Members.Refusal = new RegistryRefusal(kind, "because");

        var refused = await Assert.ThrowsAsync<RpcException>(async () => await Tools.SetStoreLabelsAsync(request));

        var update = Assert.IsType<UpdateStore>(Store.Members.Changes[0]);
        Assert.Equal((new StoreId(1000), 4L, "b"), (update.Store, update.IfVersion, update.Labels["zone"]));
        Assert.Equal((expected, "because"), (refused.StatusCode, refused.Status.Detail));
    }

    private async Task<ResponseHeader> PutAsync(ulong store, string address)
    {
        var request = new PutStoreRequest { Header = Header, Store = new Wire.Store { Id = store, Address = address } };
        return (await Placement.PutStoreAsync(request)).Header;
    }

    private void Know() => Store.Members.Stores = StoreDirectory.Of(77, 3, 4,
    [
        Info(1, "host1", TinyKv.Core.Placement.StoreState.Offline), Info(2, "host2", TinyKv.Core.Placement.StoreState.Tombstone),
        Info(1000, "new", TinyKv.Core.Placement.StoreState.Up),
    ]);

    private static StoreInfo Info(ulong id, string host, TinyKv.Core.Placement.StoreState state) => new()
    {
        Id = new StoreId(id),
        Directory = new DirectoryId(10),
        Addresses = new StoreAddresses(host, 101, 102, 103, 104),
        Labels = StoreInfo.NoLabels.Add("zone", "a"),
        State = state,
    };
}
