using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Placement;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Commands;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Internal;
using Command = TinyKv.Protocol.Wire.Internal.Command;
using SetClusterConfig = TinyKv.Core.Commands.SetClusterConfig;
using StoreAddresses = TinyKv.Core.Placement.StoreAddresses;
using StoreInfo = TinyKv.Core.Placement.StoreInfo;
using StoreStats = TinyKv.Protocol.Wire.Internal.StoreStats;

namespace TinyKv.Tests.Actors.Placement;

public sealed class StoreServiceTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly TestProbe _group;
    private readonly IActorRef _service;
    private StoreDirectory _known = StoreDirectory.Empty; // on this store

    public StoreServiceTests() : base("akka.loglevel = WARNING")
    {
        _group = CreateTestProbe();
        _service = Sys.ActorOf(StoreService.Props(
            _group.Ref, () => _known, new HealthLimits(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30)),
            TimeSpan.FromHours(1)));
    }

    [Fact]
    public async Task A_command_goes_through_the_log_and_its_outcome_comes_back()
    {
        _service.Tell(Change(new SetClusterConfig(77, 5)));
        var proposed = await _group.ExpectMsgAsync<Propose>(WaitTimeout);
        _group.Reply(Directory(1, 2));

        Assert.Equal(new SetClusterConfig(77, 5), CommandCodec.Decode(proposed.Command));
        Assert.Equal([1UL, 2], (await ExpectMsgAsync<StoresReply>(WaitTimeout)).Changes.Stores.Select(store => store.Id));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public async Task A_store_without_regions_is_told_where_they_are(int has, int told)
    {
        var leader = new Peer(new PeerId(11), new StoreId(1));
        var region = new Region(RegionId.First, KeyRange.All, RegionEpoch.Initial, [leader]);
        _service.Tell(new PlacementHeartbeat
        {
            StoreId = 1,
            Regions = { new LedRegion { Region = RegionErrors.ToWire(region), Term = 5 } },
        });
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        _group.Reply(new PlacementView(3, 0, Directory(1, 2)));
        await ExpectMsgAsync<StoresReply>(WaitTimeout);
        _service.Tell(new PlacementHeartbeat { StoreId = 2, Stats = new StoreStats { RegionCount = has } });
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        _group.Reply(new PlacementView(3, 0, Directory(1, 2)));

        var reply = await ExpectMsgAsync<StoresReply>(WaitTimeout);

        Assert.Equal(told, reply.Regions.Count);
        Assert.All(reply.Regions, region => Assert.Equal((1UL, 11UL), (region.Region.Id, region.Leader.Id)));
    }

    [Fact]
    public async Task A_region_is_heard_of_in_whatever_order_its_members_are_named()
    {
        Peer[] members = [new(new PeerId(22), new StoreId(1)), new(new PeerId(11), new StoreId(2))];
        var region = new Region(RegionId.First, KeyRange.All, RegionEpoch.Initial, [.. members]);
        _service.Tell(new PlacementHeartbeat
        {
            StoreId = 1,
            Regions = { new LedRegion { Region = RegionErrors.ToWire(region), Term = 5 } },
        });
        await ConfirmAsync(Directory(1, 2));
        await ExpectMsgAsync<StoresReply>(WaitTimeout);
        _service.Tell(DescribeCluster.Instance);
        await ConfirmAsync(Directory(1, 2));

        Assert.Equal(RegionId.First, Assert.Single((await ExpectMsgAsync<ClusterView>(WaitTimeout)).Regions).Region.Id);
    }

    [Fact]
    public async Task A_refusal_is_final_and_a_leader_elsewhere_is_named()
    {
        _service.Tell(Change(new SetClusterConfig(77, 5)));
        await _group.ExpectMsgAsync<Propose>(WaitTimeout);
        _group.Reply(new RegistryRefusal(RegistryRefusalKind.Invalid, "no"));
        var refused = await ExpectMsgAsync<StoresReply>(WaitTimeout);
        _service.Tell(Change(new SetClusterConfig(77, 5)));
        await _group.ExpectMsgAsync<Propose>(WaitTimeout);
        _group.Reply(new RegionError.NotLeader(RegionId.Placement, new Peer(new PeerId(3), new StoreId(3))));
        var elsewhere = await ExpectMsgAsync<StoresReply>(WaitTimeout);

        Assert.Equal(("", (int)RegistryRefusalKind.Invalid, "no"), (refused.Error, refused.Refusal, refused.RefusalText));
        Assert.Equal((3UL, 0), (elsewhere.LeaderStore, elsewhere.Refusal));
        Assert.NotEqual("", elsewhere.Error);
    }

    [Fact]
    public async Task What_is_no_command_about_stores_does_not_get_into_the_log()
    {
        _service.Tell(new PlacementChange { Command = new Command { ReserveTimestamps = new() { UntilMs = 5 } } });
        _service.Tell(new PlacementChange());
        _service.Tell(new PlacementChange { Command = new Command { SetStoreState = new() { StoreId = 1, State = 9 } } });

        for (var i = 0; i < 3; i++)
            Assert.Equal((int)RegistryRefusalKind.Invalid, (await ExpectMsgAsync<StoresReply>(WaitTimeout)).Refusal);
        Assert.False(_group.HasMessages);
    }

    [Fact]
    public async Task A_store_that_reports_itself_is_told_what_has_changed_and_then_known_to_be_there()
    {
        _service.Tell(Heartbeat(2, version: 1));
        await ConfirmAsync(Directory(1, 2));
        var changes = (await ExpectMsgAsync<StoresReply>(WaitTimeout)).Changes;
        _service.Tell(new PlacementListStores());
        await ConfirmAsync(Directory(1, 2));
        var list = await ExpectMsgAsync<StoresReply>(WaitTimeout);

        Assert.Equal((2L, 2UL), (changes.Version, Assert.Single(changes.Stores).Id));
        Assert.Equal([null, 5L], list.Conditions.Select(each => each.Stats?.UsedBytes));
        Assert.All(list.Conditions, each => Assert.Equal((int)TinyKv.Core.Placement.StoreCondition.Up, each.Condition));
        Assert.Equal(2, list.Changes.Stores.Count);
    }

    [Fact]
    public async Task Questions_that_come_during_a_confirmation_share_the_next()
    {
        for (var i = 0; i < 3; i++) _service.Tell(Heartbeat(1, version: 0));
        await ConfirmAsync(Directory(1));
        await ConfirmAsync(Directory(1));

        for (var i = 0; i < 3; i++) Assert.NotNull((await ExpectMsgAsync<StoresReply>(WaitTimeout)).Changes);
        Assert.False(_group.HasMessages);
    }

    [Fact]
    public async Task A_stranger_and_a_store_that_was_removed_are_told_so()
    {
        var removed = Directory(1, 2).ChangesSince(0);
        var stores = StoreDirectory.Of(77, 3, 3, removed.Stores.Select(
            store => store.Id.Value == 2 ? store with { State = TinyKv.Core.Placement.StoreState.Tombstone } : store));
        var told = new List<int>();
        foreach (var heartbeat in new[] { Heartbeat(9, 0), Heartbeat(2, 0), Heartbeat(1, 0, directory: 8) })
        {
            _service.Tell(heartbeat);
            await ConfirmAsync(stores);
            told.Add((await ExpectMsgAsync<StoresReply>(WaitTimeout)).Refusal);
        }
        _service.Tell(Heartbeat(1, 0));
        await ConfirmAsync(StoreDirectory.Empty);
        told.Add((await ExpectMsgAsync<StoresReply>(WaitTimeout)).Refusal);

        Assert.Equal(
            [RegistryRefusalKind.UnknownStore, RegistryRefusalKind.StoreRemoved, RegistryRefusalKind.UnknownStore,
                RegistryRefusalKind.NotBootstrapped],
            told.Select(kind => (RegistryRefusalKind)kind));
    }

    [Fact]
    public async Task A_store_that_was_removed_is_told_so_by_any_that_knows()
    {
        _known = StoreDirectory.Of(77, 3, 3, Directory(1, 2).ChangesSince(0).Stores.Select(
            store => store.Id.Value == 2 ? store with { State = TinyKv.Core.Placement.StoreState.Tombstone } : store));

        _service.Tell(Heartbeat(2, 0));

        var told = await ExpectMsgAsync<StoresReply>(WaitTimeout);
        Assert.Equal(RegistryRefusalKind.StoreRemoved, (RegistryRefusalKind)told.Refusal);
        Assert.Equal([1UL, 2], told.Changes.Stores.Select(store => store.Id));
        Assert.False(_group.HasMessages);
    }

    private async Task ConfirmAsync(StoreDirectory stores)
    {
        await _group.ExpectMsgAsync<Read>(WaitTimeout);
        _group.Reply(new PlacementView(6, 0, stores));
    }

    private static PlacementHeartbeat Heartbeat(ulong store, long version, ulong? directory = null) => new()
    {
        StoreId = store,
        Directory = directory ?? store,
        Version = version,
        Stats = new StoreStats { UsedBytes = 5 },
    };

    private static PlacementChange Change(TinyKv.Core.Commands.Command command) =>
        new() { Command = StoreCommands.ToWire(command) };

    // Store n was changed last in version n.
    private static StoreDirectory Directory(params ulong[] stores) => StoreDirectory.Of(77, 3, (long)stores[^1],
        stores.Select(store => new StoreInfo
        {
            Id = new StoreId(store),
            Directory = new DirectoryId(store),
            Addresses = new StoreAddresses($"h{store}", 1, 2, 3, 4),
            Version = (long)store,
        }));
}
