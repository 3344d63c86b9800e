using Akka.Configuration;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Node.Settings;

public sealed class JoinReaderTests
{
    private const string Required = """
        tinykv.cluster.join = [ "a:1", "b:2", "a:1" ]
        tinykv.store.data-directory = "/var/lib/tinykv"
        """;

    [Fact]
    public void A_store_that_joins_needs_an_endpoint_and_a_directory()
    {
        var settings = Read("");

        Assert.False(settings.IsInitial);
        Assert.Equal(["a:1", "b:2"], settings.Join!.Endpoints.ToArray());
        Assert.Equal(new StoreAddresses("127.0.0.1", 0, 0, 0, 0), settings.Join.Address);
        Assert.Equal((StoreId.None, ""), (settings.StoreId, settings.ClusterName));
        Assert.Empty(settings.Stores);
    }

    [Fact]
    public void It_may_say_which_cluster_it_expects_and_where_it_is()
    {
        var settings = Read("""
            tinykv.cluster.name = "orders"
            tinykv.store { bind-host = "0.0.0.0", host = "c", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 4 }
            """);

        Assert.Equal("orders", settings.ClusterName);
        Assert.Equal(new StoreAddresses("c", 1, 2, 3, 4), settings.Self.Addresses);
    }

    [Theory]
    [InlineData("tinykv.cluster.join = here", "tinykv.cluster.join must be a list of addresses")]
    [InlineData("tinykv.cluster.join = [ here ]", "tinykv.cluster.join has 'here', which is not an address: expected HOST:PORT")]
    [InlineData("tinykv.store.id = 7", "tinykv.store.id is 7, but a store that joins gets its number from the cluster")]
    [InlineData("tinykv.storage.mode = standalone", "tinykv.storage.mode is standalone, but tinykv.cluster.join names")]
    [InlineData("tinykv.store.bind-host = \"0.0.0.0\"",
        "tinykv.store.host is missing: others cannot reach this store at 0.0.0.0, where it listens")]
    [InlineData("tinykv.store.host = \"0.0.0.0\"", "tinykv.store.host is 0.0.0.0, where nobody can be reached")]
    [InlineData("tinykv.store.grpc-port = 70000", "tinykv.store.grpc-port")]
    [InlineData("tinykv.store { grpc-port = 5, raft-port = 5 }", "tinykv.store.raft-port is 5, as grpc-port is")]
    [InlineData("tinykv.cluster.stores = [ { id = 1 } ]",
        "tinykv.cluster.join is set, and so is tinykv.cluster.stores: a store either is one of those that form a cluster")]
    public void What_does_not_go_together_is_refused_with_the_name_of_the_key(string line, string message)
    {
        var refusal = Assert.ThrowsAny<TinyKvException>(() => Read(line));

        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tinykv.store.host = c", "tinykv.store.host is c, but only a store that joins says itself where it is")]
    [InlineData("tinykv.store.raft-port = 4", "tinykv.store.raft-port is 4, but only a store that joins")]
    public void Those_that_form_a_cluster_are_where_the_list_says(string line, string message)
    {
        var refusal = Assert.ThrowsAny<TinyKvException>(() => Read($$"""
            tinykv.cluster.name = "orders"
            tinykv.cluster.stores = [
              { id = 1, host = "a", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }
            ]
            tinykv.store.id = 1
            tinykv.cluster.join = []
            {{line}}
            """));

        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    private static TinyKvSettings Read(string lines) => SettingsReader.Read(ConfigurationFactory.ParseString(lines)
        .WithFallback(ConfigurationFactory.ParseString(Required)).WithFallback(ReferenceConfig.OfStore));
}
