using CsCheck;
using TinyKv.Core.Commands;
using TinyKv.Core.Keys;
using TinyKv.Core.Placement;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence.Engine;

namespace TinyKv.Tests.Core.Placement;

public sealed class StoreRegistryTests : IDisposable
{
    private const ulong Cluster = 77;

    // It has a replica on store 1.
    private static readonly Region Group = new(RegionId.Placement, KeyRange.All, RegionEpoch.Initial,
        [new Peer(new PeerId(5), new StoreId(1))]);

    private readonly MemoryEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_cluster_is_made_known_once_and_begins_with_its_stores()
    {
        var machine = Machine();

        var first = Done(machine, Formed(1, 2));
        var again = Done(machine, Formed(1, 2, 3));

        Assert.Same(first, again);
        Assert.Equal((Cluster, 3U, 1L), (first.Cluster, first.MaxReplicas, first.Version));
        Assert.Equal([1UL, 2], first.Stores.Keys);
        Assert.Equal(RegistryRefusalKind.OtherCluster, Refused(machine, Formed(1) with { Cluster = 5 }));
    }

    [Fact]
    public void Before_that_no_store_is_taken() =>
        Assert.Equal(RegistryRefusalKind.NotBootstrapped, Refused(Machine(), Register(9)));

    [Fact]
    public void A_new_store_gets_the_next_id_and_keeps_it_however_often_it_registers()
    {
        var machine = Machine();
        Done(machine, Formed(1));
        Apply(machine, new AllocateIds(2));

        var store = Done(machine, Register(9)).Find(new DirectoryId(9))!;
        var again = Done(machine, Register(9));

        Assert.Equal(new StoreId(1002), store.Id);
        Assert.Equal((StoreState.Up, 2L), (store.State, store.Version));
        Assert.Equal((store, 2L), (again.Find(new DirectoryId(9)), again.Version));
        Assert.Equal(new IdsAllocated(1003), Apply(machine, new AllocateIds(1)));
    }

    [Fact]
    public void A_store_that_has_moved_is_found_where_it_is_now()
    {
        var machine = Machine();
        Done(machine, Formed(1, 2));

        var moved = Done(machine, Register(2) with { Addresses = Addresses(8) });

        Assert.Equal((new StoreId(2), Addresses(8), 2L),
            (moved.Find(new DirectoryId(2))!.Id, moved.Find(new StoreId(2))!.Addresses, moved.Version));
    }

    [Fact]
    public void The_address_of_a_living_store_is_nobody_elses_and_that_of_a_removed_one_is_free()
    {
        var machine = Machine();
        Done(machine, Formed(1, 2));
        var one = Register(9) with { Addresses = Addresses(9) with { Host = Addresses(2).Host } };

        var (kind, text) = Refusal(machine, one);
        Assert.Equal(RegistryRefusalKind.AddressTaken, kind);
        Assert.Contains(
            "is the address of store 2, which has the data directory 0000000000000002", text, StringComparison.Ordinal);

        Done(machine, new SetStoreState(new StoreId(2), StoreState.Offline));
        Done(machine, new SetStoreState(new StoreId(2), StoreState.Tombstone));
        Assert.Equal(new StoreId(1000), Done(machine, one).Find(new DirectoryId(9))!.Id);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public void A_store_that_others_would_look_for_on_their_own_machine_is_not_taken(string host)
    {
        var machine = Machine();
        Done(machine, Formed(1, 2));

        var (kind, text) = Refusal(machine, Register(9) with { Addresses = Addresses(9) with { Host = host } });

        Assert.Equal(RegistryRefusalKind.Invalid, kind);
        Assert.Contains($"{host} is on the store's own machine", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_removed_store_does_not_come_back()
    {
        var machine = Machine();
        Done(machine, Formed(1, 2));
        Done(machine, new SetStoreState(new StoreId(2), StoreState.Offline));
        Done(machine, new SetStoreState(new StoreId(2), StoreState.Tombstone));

        Assert.Equal(RegistryRefusalKind.StoreRemoved, Refused(machine, Register(2)));
        Assert.Equal(RegistryRefusalKind.StoreRemoved, Refused(machine, new SetStoreState(new StoreId(2), StoreState.Up)));
        Assert.Equal(RegistryRefusalKind.StoreRemoved, Refused(machine, Labels(2, ("zone", "a"))));
    }

    [Fact]
    public void The_last_store_stays_and_so_does_one_that_placement_needs()
    {
        var machine = Machine();
        Done(machine, Formed(1, 2));

        Done(machine, new SetStoreState(new StoreId(1), StoreState.Offline));

        Assert.Equal(RegistryRefusalKind.LastStore, Refused(machine, new SetStoreState(new StoreId(2), StoreState.Offline)));
        Assert.Equal(RegistryRefusalKind.HasReplicas, Refused(machine, new SetStoreState(new StoreId(1), StoreState.Tombstone)));
        Assert.Equal(RegistryRefusalKind.NotOffline, Refused(machine, new SetStoreState(new StoreId(2), StoreState.Tombstone)));
        Assert.Equal(RegistryRefusalKind.UnknownStore, Refused(machine, new SetStoreState(new StoreId(3), StoreState.Offline)));
        Assert.Equal(StoreState.Up,
            Done(machine, new SetStoreState(new StoreId(1), StoreState.Up)).Find(new StoreId(1))!.State);
    }

    [Fact]
    public void Labels_are_added_changed_and_removed_and_only_as_of_the_version_that_was_seen()
    {
        var machine = Machine();
        Done(machine, Formed(1));

        var store = Done(machine, Labels(1, ("zone", "a"), ("disk", "ssd"))).Find(new StoreId(1))!;
        Assert.Equal(RegistryRefusalKind.Outdated, Refused(machine, Labels(1, ("zone", "b")) with { IfVersion = 1 }));
        var last = Done(machine, Labels(1, ("zone", "b"), ("disk", "")) with { IfVersion = store.Version });

        Assert.Equal("b", Assert.Single(last.Find(new StoreId(1))!.Labels).Value);
        Assert.Same(last, Done(machine, Labels(1, ("zone", "b"))));
        Assert.Equal(RegistryRefusalKind.Invalid, Refused(machine, Labels(1, ("a b", "c"))));
    }

    [Fact]
    public void The_number_of_replicas_is_what_was_set_last()
    {
        var machine = Machine();
        Done(machine, Formed(1));

        Assert.Equal(5U, Done(machine, new SetClusterConfig(Cluster, 5)).MaxReplicas);
        Assert.Equal(RegistryRefusalKind.Invalid, Refused(machine, new SetClusterConfig(Cluster, 0)));
        Assert.Equal(RegistryRefusalKind.OtherCluster, Refused(machine, new SetClusterConfig(5, 3)));
    }

    private static readonly Gen<Command> Commands = Gen.OneOf(
        Gen.Select(Gen.ULong[1, 8], Gen.Int[1, 8], (directory, host) =>
            (Command)(Register(directory) with { Addresses = Addresses(host) })),
        Gen.Select(Gen.ULong[1, 1005], Gen.Enum<StoreState>(), (store, state) =>
            (Command)new SetStoreState(new StoreId(store > 8 ? 1000 + store % 6 : store), state)),
        Gen.Select(Gen.ULong[1, 5], Gen.Int[1, 3], (store, zone) => (Command)Labels(store, ("zone", $"{zone}"))),
        Gen.UInt[1, 3].Select(count => (Command)new AllocateIds(count)));

    [Fact]
    public void Whatever_is_asked_no_id_is_used_twice_and_no_two_living_stores_share_an_address() =>
        Commands.Array[1, 60].Sample(commands =>
        {
            using var engine = new MemoryEngine();
            var machine = Machine(engine);
            Done(machine, Formed(1, 2), engine);
            var (allocated, owners) = (new HashSet<ulong> { 1, 2 }, new Dictionary<ulong, ulong>());
            var directory = StoreDirectory.Empty;
            foreach (var command in commands)
            {
                var reply = Apply(machine, command, engine);
                if (reply is IdsAllocated ids)
                    for (var i = 0UL; i < ((AllocateIds)command).Count; i++) Assert.True(allocated.Add(ids.First + i));
                if (reply is not StoreDirectory after) continue;
                Assert.True(after.Version >= directory.Version);
                // What every other store makes of it.
                Assert.Equal(after.Stores, directory.With(after.ChangesSince(directory.Version)).Stores);
                // A repetition changes nothing.
                Assert.Same(after, Apply(machine, command, engine));
                foreach (var store in after.Stores.Values)
                {
                    if (owners.TryAdd(store.Id.Value, store.Directory.Value) && store.Id.Value > 2)
                        Assert.True(allocated.Add(store.Id.Value));
                    Assert.Equal(owners[store.Id.Value], store.Directory.Value);
                }
                var addresses = after.Living.SelectMany(store => store.Addresses.All).ToList();
                Assert.Equal(addresses.Count, addresses.Distinct().Count());
                Assert.Equal(after.Stores.Count, after.Stores.Values.Select(store => store.Directory).Distinct().Count());
                Assert.Contains(after.Living, store => store.State == StoreState.Up);
                directory = after;
            }
            if (directory.Version > 0)
                Assert.Equal(directory.Stores.Values.Select(Show), Reloaded(engine).Stores.Values.Select(Show));
        }, iter: 300);

    private static string Show(StoreInfo store) =>
        $"{store with { Labels = StoreInfo.NoLabels }} {string.Join(',', store.Labels)}";

    private static StoreDirectory Reloaded(MemoryEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return StoreRecords.Load(snapshot);
    }

    private static StoreAddresses Addresses(int host) => new($"host{host}", 1, 2, 3, 4);

    private static BootstrapCluster Formed(params int[] stores) => new(Cluster, 3,
        [.. stores.Select(store => new StoreInfo
        {
            Id = new StoreId((ulong)store),
            Directory = new DirectoryId((ulong)store),
            Addresses = Addresses(store),
        })]);

    private static RegisterStore Register(ulong directory) =>
        new(Cluster, new DirectoryId(directory), Addresses((int)directory), "1.0");

    private static UpdateStore Labels(ulong store, params (string Name, string Value)[] labels) => new(new StoreId(store), 0,
        StoreInfo.NoLabels.AddRange(labels.Select(label => KeyValuePair.Create(label.Name, label.Value))));

    private PlacementStateMachine Machine() => Machine(_engine);

    private static PlacementStateMachine Machine(MemoryEngine engine)
    {
        using var snapshot = engine.Snapshot();
        return new PlacementStateMachine(Group, snapshot);
    }

    private StoreDirectory Done(PlacementStateMachine machine, Command command, MemoryEngine? engine = null) =>
        Assert.IsType<StoreDirectory>(Apply(machine, command, engine ?? _engine));

    private RegistryRefusalKind Refused(PlacementStateMachine machine, Command command) => Refusal(machine, command).Kind;

    private RegistryRefusal Refusal(PlacementStateMachine machine, Command command) =>
        Assert.IsType<RegistryRefusal>(Apply(machine, command, _engine));

    private object Apply(PlacementStateMachine machine, Command command) => Apply(machine, command, _engine);

    private static object Apply(PlacementStateMachine machine, Command command, MemoryEngine engine)
    {
        var applied = machine.Apply(command, 6, null!)!.Value;
        using var batch = engine.NewBatch();
        BatchWriter.Write(batch, applied.Writes, machine.Region);
        engine.Write(batch, sync: false);
        return applied.Reply;
    }
}
