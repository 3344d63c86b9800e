using System.Net;
using System.Net.Sockets;
using Akka.Configuration;
using TinyKv.Actors.Node.Settings.Sources;
using TinyKv.Core;
using TinyKv.Host.Cli.Playground;
using TinyKv.Testing;

namespace TinyKv.Tests.Host.Cli;

public sealed class PlaygroundFilesTests : IDisposable
{
    private static readonly PlaygroundRequest Silent = new(null, null, null, null, null, StoreOverrides.None);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_new_playground_has_three_stores_on_rocksdb_and_a_name_of_its_own()
    {
        var state = PlaygroundState.LoadOrCreate(Silent, _directory.Path);

        Assert.Equal((3, "rocksdb", 20160), (state.Stores, state.Journal, state.BasePort));
        Assert.NotEqual(state.ClusterName, PlaygroundState.LoadOrCreate(Silent, _directory.Path).ClusterName);
    }

    [Fact]
    public void A_playground_continues_as_what_it_was()
    {
        var request = new PlaygroundRequest(5, "sqlite", 30000, _directory.Path, null, StoreOverrides.None);
        var first = PlaygroundState.LoadOrCreate(request, _directory.Path);
        first.Save(_directory.Path);

        Assert.Equal(first, PlaygroundState.LoadOrCreate(Silent, _directory.Path));
        Assert.Equal(first, PlaygroundState.LoadOrCreate(request, _directory.Path));
    }

    [Fact]
    public void A_contradiction_names_the_option_and_both_sides()
    {
        PlaygroundState.LoadOrCreate(Silent, _directory.Path).Save(_directory.Path);

        var stores = Refused(Silent with { Stores = 5 });
        Assert.Contains("--stores 3, not 5", stores);
        Assert.Contains("--journal rocksdb, not sqlite", Refused(Silent with { Journal = "sqlite" }));
        Assert.Contains("--base-port 20160, not 30000", Refused(Silent with { BasePort = 30000 }));

        string Refused(PlaygroundRequest request) =>
            Assert.Throws<TinyKvException>(() => PlaygroundState.LoadOrCreate(request, _directory.Path)).Message;
    }

    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("{}")]
    [InlineData("{\"format\":2,\"clusterName\":\"x\",\"stores\":3,\"journal\":\"rocksdb\",\"basePort\":20160}")]
    [InlineData("{\"format\":1,\"clusterName\":\"x\",\"stores\":0,\"journal\":\"rocksdb\",\"basePort\":20160}")]
    public void A_description_that_is_none_is_refused(string text)
    {
        File.WriteAllText(PlaygroundState.FileIn(_directory.Path), text);

        var error = Assert.Throws<TinyKvException>(() => PlaygroundState.LoadOrCreate(Silent, _directory.Path));
        Assert.Contains("playground.json is not the description of a playground", error.Message);
    }

    [Fact]
    public void A_directory_is_held_by_one_playground_at_a_time()
    {
        using (PlaygroundDirectory.Open(_directory.Path))
        {
            var error = Assert.Throws<TinyKvException>(() => PlaygroundDirectory.Open(_directory.Path));
            Assert.Contains("in use by a running playground", error.Message);
        }
        PlaygroundDirectory.Open(_directory.Path).Dispose();
        Assert.True(Directory.Exists(_directory.Path));
    }

    [Fact]
    public void A_temporary_directory_goes_with_its_playground()
    {
        string path;
        using (var directory = PlaygroundDirectory.Open(null))
        {
            path = directory.Path;
            directory.OfStore(1);
        }
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void The_default_ports_are_the_documented_ones() => Assert.Equal(
        (new StorePorts(20160, 20180, 4053, 4073), new StorePorts(20162, 20182, 4055, 4075)),
        (PlaygroundPorts.Of(20160, 0), PlaygroundPorts.Of(20160, 2)));

    [Theory]
    [InlineData(20160)]
    [InlineData(30000)]
    public void No_two_stores_share_a_port(int basePort)
    {
        var ports = Enumerable.Range(0, PlaygroundPorts.MaxStores)
            .Select(index => PlaygroundPorts.Of(basePort, index))
            .SelectMany(store => new[] { store.Grpc, store.Status, store.Remoting }).ToList();

        Assert.Equal(ports.Count, ports.Distinct().Count());
    }

    [Fact]
    public void A_lock_that_cannot_be_taken_for_another_reason_is_not_called_in_use()
    {
        using (PlaygroundDirectory.Open(_directory.Path))
        {
            var held = Assert.Throws<TinyKvException>(() => PlaygroundDirectory.Open(_directory.Path));
            Assert.Contains("in use by a running playground", held.Message);
        }
        var file = _directory["playground.lock"];
        File.Delete(file);
        File.CreateSymbolicLink(file, file);

        Assert.Throws<IOException>(() => PlaygroundDirectory.Open(_directory.Path));
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_purpose()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var error = Assert.Throws<TinyKvException>(() => PlaygroundPorts.RequireFree(port, 1));

        Assert.StartsWith($"port {port} (gRPC of store 1) is in use", error.Message);
    }

    [Fact]
    public void A_stores_configuration_names_everything_the_store_needs()
    {
        var odd = Directory.CreateDirectory(_directory["with \"quotes\" and ü"]).FullName;
        var state = new PlaygroundState(1, "test", 2, "sqlite", 30000);

        var config = ConfigurationFactory.ParseString(
            File.ReadAllText(StoreConfigFile.Write(state, 2, odd, null))).GetConfig("tinykv");

        Assert.Equal("test", config.GetString("cluster.name"));
        Assert.Equal(2, config.GetInt("store.id"));
        Assert.Equal(Path.Combine(odd, "data"), config.GetString("store.data-directory"));
        Assert.Equal("127.0.0.1", config.GetString("store.bind-host"));
        Assert.Equal("sqlite", config.GetString("journal"));
        Assert.True(config.GetTimeSpan("server.shutdown-timeout") < StoreProcess.StopTimeout);
        var stores = config.GetValue("cluster.stores").GetArray().Select(store => store.GetObject()).ToList();
        Assert.Equal(["30000", "30001"], stores.Select(store => store.GetKey("grpc-port").GetString()));
        Assert.Equal(["30020", "30021"], stores.Select(store => store.GetKey("status-port").GetString()));
        Assert.Equal(["30040", "30041"], stores.Select(store => store.GetKey("remoting-port").GetString()));
        Assert.Equal(["30060", "30061"], stores.Select(store => store.GetKey("raft-port").GetString()));
    }

    [Fact]
    public void What_a_playground_decides_for_a_store_is_taken_from_the_environment_of_none()
    {
        var state = new PlaygroundState(1, "test", 1, "postgresql", 30000);
        var file = File.ReadAllText(StoreConfigFile.Write(state, 1, _directory.Path, "Host=h;Password=secret"));

        Assert.Empty(Parser.Parse("file", file).Where(statement => statement.Value is not null)
            .Select(statement => statement.Key).Except(StoreOverrides.Decided));
    }

    [Fact]
    public void A_connection_string_is_kept_where_only_the_owner_reads()
    {
        var state = new PlaygroundState(1, "test", 1, "postgresql", 30000);

        StoreConfigFile.Write(state, 1, _directory.Path, "Host=h;Password=secret");
        var again = File.ReadAllText(StoreConfigFile.Write(state, 1, _directory.Path, null));

        Assert.DoesNotContain("secret", again);
        var file = ConfigurationFactory.ParseString(again).GetString("tinykv.postgresql.connection-string-file");
        Assert.Equal("Host=h;Password=secret", File.ReadAllText(file));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
