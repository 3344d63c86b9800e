using Akka.Configuration;
using TinyKv.Actors.Node;
using TinyKv.Actors.Node.Settings;
using TinyKv.Actors.Placement;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Storage;
using TinyKv.Core.Stores;
using TinyKv.Persistence;
using TinyKv.Persistence.Checking;
using TinyKv.Persistence.Engine;
using TinyKv.Testing;

namespace TinyKv.Tests.Actors.Node;

/// <summary>A store joins a cluster of one, which is a registry and nothing else.</summary>
public sealed class StoreJoinTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeCluster _cluster = new();

    [Fact]
    public async Task A_new_store_gets_its_number_and_knows_the_others_before_it_is_started()
    {
        var settings = await JoinAsync();

        Assert.Equal((new StoreId(1004), "orders"), (settings.StoreId, settings.ClusterName));
        Assert.Equal(new StoreAddresses("127.0.0.1", 1, 2, 3, 4), settings.Self.Addresses);
        var (identity, record) = DataDirectory.Look(_directory.Path)!.Value;
        Assert.Equal(settings.Self.Addresses, identity.Joined);
        Assert.Equal([new StoreId(1)], record.Initial.ToArray());
        Assert.Equal(new KnownStore(new DirectoryId(9), 0, 0), record.Stores[1]);
        Assert.True(record.IsFormed);
        Assert.Equal(_cluster.Stores.Version, Kept().Version);
    }

    [Fact]
    public async Task A_store_that_could_not_join_is_the_same_at_its_next_attempt()
    {
        _cluster.Failure = new IOException("the answer was lost");
        await Assert.ThrowsAsync<IOException>(() => JoinAsync());

        await JoinAsync();

        Assert.Equal(2, _cluster.Asked.Count);
        Assert.Single(_cluster.Asked.Select(asked => asked.Command.Directory).Distinct());
        Assert.Equal(2, _cluster.Stores.Stores.Count);
    }

    [Fact]
    public async Task A_store_that_has_joined_keeps_its_number_and_waits_for_nobody()
    {
        await JoinAsync();

        var again = await JoinAsync();

        Assert.Equal(new StoreId(1004), again.StoreId);
        Assert.Equal([true, false], _cluster.Asked.Select(asked => asked.Waits));
    }

    [Fact]
    public async Task A_store_that_has_joined_starts_although_nobody_answers()
    {
        await JoinAsync();
        _cluster.IsAway = true;

        Assert.Equal(new StoreId(1004), (await JoinAsync()).StoreId);
    }

    [Fact]
    public async Task A_store_that_is_elsewhere_now_says_so_before_it_starts()
    {
        await JoinAsync();

        var moved = await JoinAsync("tinykv.store.raft-port = 14");

        Assert.Equal(14, moved.Self.RaftPort);
        Assert.Equal([true, true], _cluster.Asked.Select(asked => asked.Waits));
        Assert.Equal(14, _cluster.Stores.Find(new StoreId(1004))!.Addresses.RaftPort);
        Assert.Equal(14, DataDirectory.Look(_directory.Path)!.Value.Identity.Joined!.RaftPort);
    }

    [Fact]
    public async Task Ports_that_are_left_open_are_chosen_and_kept()
    {
        const string Open = "tinykv.store { grpc-port = 0, status-port = 0, remoting-port = 0, raft-port = 0 }";
        var chosen = (await JoinAsync(Open)).Self;

        Assert.InRange(chosen.GrpcPort, 20160, 20179);
        Assert.Equal(chosen, (await JoinAsync(Open)).Self);
    }

    [Fact]
    public async Task Where_ports_are_left_open_another_place_is_tried_when_one_is_taken()
    {
        _cluster.Taken = 1;

        await JoinAsync("tinykv.store { grpc-port = 0, status-port = 0, remoting-port = 0, raft-port = 0 }");

        Assert.Equal(2, _cluster.Asked.Select(asked => asked.Command.Addresses.GrpcPort).Distinct().Count());
    }

    [Fact]
    public async Task What_placement_refuses_is_said_with_its_reason_and_nothing_has_changed()
    {
        _cluster.Taken = int.MaxValue;

        var refused = await Assert.ThrowsAsync<SettingException>(() => JoinAsync());

        Assert.Equal(("tinykv.cluster.join", false), (refused.Key, refused.IsTransient));
        Assert.EndsWith($"refuses the store in {_directory.Path}: it is the address of store 1", refused.Message,
            StringComparison.Ordinal);
        Assert.Null(DataDirectory.Look(_directory.Path)!.Value.Identity.Joined);
    }

    [Fact]
    public async Task A_store_that_was_removed_is_told_so_at_its_start()
    {
        await JoinAsync();
        _cluster.Stores = _cluster.Stores.With(
            _cluster.Stores.Find(new StoreId(1004))! with { State = StoreState.Tombstone });

        var refused = await Assert.ThrowsAsync<SettingException>(() => JoinAsync());

        Assert.Contains("store 1004 was removed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_directory_of_another_cluster_does_not_join()
    {
        await JoinAsync();

        var refused = await Assert.ThrowsAsync<SettingException>(() => JoinAsync("tinykv.cluster.name = bills"));

        Assert.Equal($"tinykv.cluster.name is 'bills', but {_directory.Path} belongs to store 1004 of cluster 'orders'",
            refused.Message);
    }

    [Fact]
    public async Task The_directory_of_a_store_that_its_cluster_began_with_does_not_join()
    {
        var identity = new StoreIdentity(ClusterIdentity.IdOf("orders"), "orders", new StoreId(1), "rocksdb");
        DataDirectory.Open(_directory.Path, identity, [new StoreId(1)]).Dispose();

        var refused = await Assert.ThrowsAsync<SettingException>(() => JoinAsync());

        Assert.Contains("belongs to store 1 of cluster 'orders', which began with it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_was_about_to_join_forms_no_cluster()
    {
        _cluster.Failure = new IOException("the answer was lost");
        await Assert.ThrowsAsync<IOException>(() => JoinAsync());

        var identity = new StoreIdentity(ClusterIdentity.IdOf("orders"), "orders", new StoreId(1), "rocksdb");
        var refused = Assert.ThrowsAny<TinyKvException>(() => DataDirectory.Open(_directory.Path, identity, [new StoreId(1)]));

        Assert.Contains("was about to join a cluster", refused.Message, StringComparison.Ordinal);
    }

    // What the cluster says of the stores is written into the engine before the store is started again.
    [Fact]
    public async Task A_store_that_was_started_and_has_lost_its_engine_is_lost_though_the_cluster_answers_it()
    {
        await JoinAsync();
        PreparedStore.Open(Config("")).Dispose();
        Directory.Delete(Path.Combine(_directory.Path, "data"), recursive: true);
        await JoinAsync();

        var failure = Assert.Throws<StorageFailedException>(() => PreparedStore.Open(Config("")));

        Assert.Contains("is empty, but store 1004 has used it", failure.Message, StringComparison.Ordinal);
        Assert.Contains("but the store has used it", StoreCheck.Run(_directory.Path).Parts[1].Details[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_has_lost_its_engine_is_lost()
    {
        await JoinAsync();
        Directory.Delete(Path.Combine(_directory.Path, "data"), recursive: true);

        var failure = Assert.Throws<StorageFailedException>(() => PreparedStore.Open(Config("")));

        Assert.Contains("what it held is lost. Put it back, or let an empty directory join as a new store", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_knows_that_it_was_removed_does_not_start()
    {
        await JoinAsync();
        var own = _cluster.Stores.Find(new StoreId(1004))!;
        Keep(_cluster.Stores.With(own with { State = StoreState.Tombstone }));

        var refused = Assert.Throws<SettingException>(() => PreparedStore.Open(Config("")));

        Assert.Equal($"tinykv.store.data-directory is {_directory.Path}, but store 1004 was removed from the cluster: start "
            + "with an empty data directory to join as a new store", refused.Message);
        Assert.Equal(0, DataDirectory.Look(_directory.Path)!.Value.Record.Starts);
    }

    [Fact]
    public void A_store_does_not_start_before_it_has_joined()
    {
        var refused = Assert.Throws<TinyKvException>(() => PreparedStore.Open(Config("")));

        Assert.Contains("has not joined a cluster yet", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private Task<TinyKvSettings> JoinAsync(string lines = "") =>
        StoreJoin.RunAsync(SettingsReader.Read(Config(lines).WithFallback(ReferenceConfig.OfStore)), _cluster, Timeouts.Long);

    private Config Config(string lines) => ConfigurationFactory.ParseString(lines)
        .WithFallback(ConfigurationFactory.ParseString($$"""
            tinykv.cluster.join = [ "a:1" ]
            tinykv.store {
              data-directory = "{{_directory.Path}}", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 4
            }
            """));

    private StoreDirectory Kept() => InEngine(engine => StoreTable.Of(engine).Current);

    private void Keep(StoreDirectory directory) => InEngine(engine =>
    {
        StoreKeeper.Begin(engine, directory);
        return true;
    });

    private T InEngine<T>(Func<RocksEngine, T> use)
    {
        var engine = RocksEngine.Open(Path.Combine(_directory.Path, "data"));
        try
        {
            return use(engine);
        }
        finally
        {
            engine.Close();
        }
    }

    private sealed class FakeCluster : IClusterToJoin
    {
        public StoreDirectory Stores { get; set; } = StoreDirectory.Of(ClusterIdentity.IdOf("orders"), 3, 1,
        [
            new StoreInfo
            {
                Id = new StoreId(1),
                Directory = new DirectoryId(9),
                Addresses = new StoreAddresses("one", 1, 2, 3, 4),
            },
        ]);

        public List<(RegisterStore Command, bool Waits)> Asked { get; } = [];

        /// <summary>What happens to the next answer.</summary>
        public Exception? Failure { get; set; }

        /// <summary>How many more addresses are refused.</summary>
        public int Taken { get; set; }

        public bool IsAway { get; set; }

        public Task<Registration?> RegisterAsync(RegisterStore store, bool waits, CancellationToken cancellation)
        {
            Asked.Add((store, waits));
            if (IsAway) return Task.FromResult<Registration?>(null);
            if (Stores.Find(store.Directory) is { State: StoreState.Tombstone } gone)
                throw Refused(RegistryRefusalKind.StoreRemoved, $"{gone.Id} was removed");
            if (Taken-- > 0) throw Refused(RegistryRefusalKind.AddressTaken, "it is the address of store 1");
            var known = Stores.Find(store.Directory) ?? new StoreInfo
            {
                Id = new StoreId(1004),
                Directory = store.Directory,
                Addresses = store.Addresses,
            };
            Stores = Stores.With(known with { Addresses = store.Addresses });
            var (failure, answer) = (Failure, new Registration("orders", Stores));
            Failure = null;
            return failure is null ? Task.FromResult<Registration?>(answer) : Task.FromException<Registration?>(failure);
        }

        private static RegistryRefusedException Refused(RegistryRefusalKind kind, string text) =>
            new(new RegistryRefusal(kind, text));
    }
}
