using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using TinyKv.Actors.Messages;
using TinyKv.Actors.Placement;
using TinyKv.Actors.Regions;
using TinyKv.Actors.Transport;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Protocol.Placement;
using TinyKv.Protocol.Wire.Internal;
using StoreAddresses = TinyKv.Core.Placement.StoreAddresses;
using StoreChanges = TinyKv.Core.Placement.StoreChanges;
using StoreInfo = TinyKv.Core.Placement.StoreInfo;

namespace TinyKv.Tests.Actors.Placement;

public sealed class StoreReporterTests : TestKit
{
    private static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(20);

    private readonly RegionTable _regions = new();
    private readonly StoreTable _stores = new(StoreDirectory.Empty);
    private readonly System.Collections.Concurrent.ConcurrentQueue<StoreDirectory> _kept = new();
    private readonly TestProbe _one;
    private readonly TestProbe _two;
    private readonly TestProbe _introducer;

    public StoreReporterTests() : base("akka.loglevel = WARNING") =>
        (_one, _two, _introducer) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());

    [Fact]
    public async Task A_store_reports_its_disk_and_its_regions_to_the_leader_and_learns_the_stores()
    {
        Lead(RegionId.Placement, KeyRange.All, leader: 2);
        Lead(RegionId.First, KeyRange.All, leader: 1, own: RoleKind.Leader);
        Start();

        var heartbeat = await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        _two.Reply(Changes(Info(1, "h1"), Info(2, "h2")));
        var next = await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        Assert.Equal((1UL, 10UL, 0L), (heartbeat.StoreId, heartbeat.Directory, heartbeat.Version));
        var stats = heartbeat.Stats;
        Assert.Equal((9L, 8L, 7L, 1, 1),
            (stats.CapacityBytes, stats.AvailableBytes, stats.UsedBytes, stats.RegionCount, stats.LeaderCount));
        Assert.Equal(5, next.Version);
        Assert.Equal([1UL, 2], _stores.Current.Stores.Keys);
        Assert.False(_one.HasMessages);
    }

    [Fact]
    public async Task A_cluster_that_placement_does_not_know_is_made_known_with_the_directories_that_all_agreed_on()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        _one.Reply(Refused(RegistryRefusalKind.NotBootstrapped));
        await _introducer.ExpectMsgAsync<DescribeAcquaintance>(WaitTimeout);

        _introducer.Reply(new Acquaintance(Record(10, 20), []));

        var change = await _one.FishForMessageAsync<PlacementChange>(_ => true, WaitTimeout);
        var cluster = change.Command.BootstrapCluster;
        Assert.Equal((77UL, 3U), (cluster.ClusterId, cluster.MaxReplicas));
        Assert.Equal([(1UL, 10UL, "h1"), (2UL, 20UL, "h2")],
            cluster.Stores.Select(store => (store.Id, store.Directory, store.Addresses.Host)));
    }

    [Fact]
    public async Task Before_the_cluster_is_formed_nothing_is_made_known()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        _one.Reply(Refused(RegistryRefusalKind.NotBootstrapped));
        await _introducer.ExpectMsgAsync<DescribeAcquaintance>(WaitTimeout);

        _introducer.Reply(new Acquaintance(Record(), []));

        // Asked again, and nothing in between.
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
    }

    [Fact]
    public async Task A_store_that_is_elsewhere_than_placement_knows_registers_again()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        _one.Reply(Changes(Info(1, "before")));

        var store = (await _one.ExpectMsgAsync<PlacementChange>(WaitTimeout)).Command.RegisterStore;
        Assert.Equal((77UL, 10UL, "h1", "1.0"), (store.ClusterId, store.Directory, store.Addresses.Host, store.ProgramVersion));
    }

    [Fact]
    public async Task A_store_that_was_removed_ends_for_good()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        _one.Reply(Refused(RegistryRefusalKind.StoreRemoved, "store 1 was removed"));

        var failed = await ExpectMsgAsync<StoreFailed>(WaitTimeout);
        Assert.Equal(("store 1 was removed", true), (failed.Reason, failed.Misconfigured));
    }

    [Fact]
    public async Task A_store_without_a_replica_of_placement_keeps_what_it_learns_of_the_stores()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        _one.Reply(Changes(Info(1, "h1"), Info(2, "h2")));
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        Assert.Equal(5, _kept.ToArray()[^1].Version);
    }

    [Fact]
    public async Task Where_regions_are_is_learnt_until_one_has_a_replica_here()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        var reply = Changes(Info(1, "h1"));
        var leader = new TinyKv.Protocol.Wire.Meta.Peer { Id = 12, StoreId = 2 };
        reply.Regions.Add(new RegionLocation { Region = new() { Id = 1, Peers = { leader } }, Leader = leader });
        reply.Regions.Add(new RegionLocation());
        _one.Reply(reply);
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        Assert.Equal(new StoreId(2), Assert.Single(_regions.Regions.Entries).Leader!.Value.Store);
        Lead(RegionId.First, KeyRange.All, leader: 1);
        _regions.Learn(new LocatedRegion(new Region(new RegionId(7), KeyRange.All, new RegionEpoch(9, 9), []), null));
        Assert.Equal(RegionId.First, Assert.Single(_regions.Regions.Entries).Region.Id);
    }

    [Fact]
    public async Task A_replica_of_placement_keeps_it_where_there_is_one()
    {
        Lead(RegionId.Placement, KeyRange.All, leader: 2);
        Start();
        await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        _two.Reply(Changes(Info(1, "h1")));
        await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        Assert.Empty(_kept);
    }

    [Fact]
    public async Task A_store_that_was_removed_keeps_that()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(StoreFailed));
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        var refused = Refused(RegistryRefusalKind.StoreRemoved, "store 1 was removed");
        refused.Changes = Changes(Info(1, "h1") with { State = StoreState.Tombstone }).Changes;

        _one.Reply(refused);

        await ExpectMsgAsync<StoreFailed>(WaitTimeout);
        Assert.Equal(StoreState.Tombstone, Assert.Single(_kept).Find(new StoreId(1))!.State);
    }

    [Fact]
    public async Task Another_is_asked_when_one_does_not_answer_and_nobody_here_knows_the_leader()
    {
        Start();

        for (var i = 0; i < 3; i++) await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
    }

    [Fact]
    public async Task Whom_the_answer_names_is_asked_next_and_whoever_does_not_answer_is_asked_again()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        _one.Reply(new StoresReply { Error = "not the leader", LeaderStore = 2 });

        await _two.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_changes_nothing()
    {
        Start();
        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);

        _one.Reply(new StoresReply
        {
            Changes = new TinyKv.Protocol.Wire.Internal.StoreChanges
            {
                Version = 9,
                Stores = { new TinyKv.Protocol.Wire.Internal.StoreInfo() },
            },
        });

        await _one.ExpectMsgAsync<PlacementHeartbeat>(WaitTimeout);
        Assert.Equal(0, _stores.Current.Version);
    }

    private void Start() => Sys.ActorOf(StoreReporter.Props(new ReporterSpec
    {
        Cluster = 77,
        Self = new StoreId(1),
        Directory = new DirectoryId(10),
        Addresses = Addresses("h1"),
        ProgramVersion = "1.0",
        MaxReplicas = 3,
        Initial = ImmutableSortedDictionary<ulong, StoreAddresses>.Empty.Add(1, Addresses("h1")).Add(2, Addresses("h2")),
        Services = new StoreServices(() => ImmutableSortedDictionary<ulong, IActorRef>.Empty.Add(1, _one.Ref).Add(2, _two.Ref)),
        Introducer = _introducer.Ref,
        Regions = _regions,
        Stores = _stores,
        Keep = _kept.Enqueue,
        Measure = done => done(new DiskSpace(9, 8, 7)),
        Interval = TimeSpan.FromMilliseconds(50),
        StartedMs = 6,
    }));

    private void Lead(RegionId region, KeyRange range, ulong leader, RoleKind own = RoleKind.Follower)
    {
        var peers = new[] { 1UL, 2UL }.Select(store => new Peer(new PeerId(store + 10), new StoreId(store))).ToImmutableArray();
        var leading = peers.Single(peer => peer.Store.Value == leader);
        _regions.Post(new ReplicaView(new Region(region, range, RegionEpoch.Initial, peers),
            new PeerView(new LeadershipChange(own, 1, leading.Id), leading, CaughtUp: true)));
    }

    private static StoreRecord Record(params ulong[] directories) => new()
    {
        Directory = new DirectoryId(10),
        Initial = [new StoreId(1), new StoreId(2)],
        Stores = directories.Select((directory, i) => KeyValuePair.Create(
            (ulong)i + 1, new KnownStore(new DirectoryId(directory), 1, 1))).ToImmutableSortedDictionary(),
    };

    private static StoresReply Refused(RegistryRefusalKind kind, string text = "no") =>
        new() { Refusal = (int)kind, RefusalText = text };

    private static StoresReply Changes(params StoreInfo[] stores) =>
        new() { Changes = StoreWire.ToWire(new StoreChanges(77, 3, 5, [.. stores])) };

    private static StoreInfo Info(ulong id, string host) => new()
    {
        Id = new StoreId(id),
        Directory = new DirectoryId(10 * id),
        Addresses = Addresses(host),
        ProgramVersion = "1.0",
        Version = 5,
    };

    private static StoreAddresses Addresses(string host) => new(host, 1, 2, 3, 4);
}
