using Akka.Configuration;
using TinyKv.Actors.Node.Settings;
using TinyKv.Core;
using TinyKv.Core.Regions;

namespace TinyKv.Tests.Actors.Node.Settings;

public sealed class SettingsReaderTests
{
    private const string Required = """
        tinykv.cluster.name = "orders"
        tinykv.cluster.stores = [
          { id = 2, host = "b", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }
          { id = 1, host = "a", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }
        ]
        tinykv.store.id = 1
        tinykv.store.data-directory = "/var/lib/tinykv"
        """;

    [Fact]
    public void Every_default_is_as_documented()
    {
        var settings = Read("");

        Assert.Equal("127.0.0.1", settings.BindHost);
        Assert.Equal(StorageMode.Raft, settings.StorageMode);
        Assert.Equal("rocksdb", settings.Journal);
        Assert.Equal(TimeSpan.FromMilliseconds(100), settings.TickInterval);
        Assert.Equal(4096, settings.MaxQueuedRequests);
        Assert.Equal(10, settings.Raft.ElectionTicks);
        Assert.Equal(2, settings.Raft.HeartbeatTicks);
        Assert.Equal(1024, settings.Raft.MaxEntriesPerAppend);
        Assert.Equal(1024 * 1024, settings.Raft.MaxBytesPerAppend);
        Assert.Equal(256, settings.Raft.MaxInflightAppends);
        Assert.Equal(8L * 1024 * 1024, settings.Raft.MaxInflightBytes);
        Assert.Equal(32L * 1024 * 1024, settings.Raft.MaxPendingBytes);
        Assert.Equal(10_000, settings.Raft.MaxLogEntries);
        Assert.Equal(16L * 1024 * 1024, settings.Raft.MaxLogBytes);
        Assert.False(settings.Raft.LeaseReads);
        Assert.Equal(7, settings.Raft.LeaseTicks);
    }

    [Fact]
    public void What_has_no_default_is_read()
    {
        var settings = Read("");

        Assert.Equal("orders", settings.ClusterName);
        Assert.Equal([1UL, 2], settings.Stores.Select(store => store.Id.Value));
        Assert.Equal(new StoreAddress(new StoreId(1), "a", 1, 2, 3, 103), settings.Self);
        Assert.Equal("/var/lib/tinykv", settings.DataDirectory);
    }

    [Theory]
    [InlineData("tinykv.raft.tick-intervall = 50ms", "tinykv.raft.tick-intervall")]
    [InlineData("tinykv.rafts.tick-interval = 50ms", "tinykv.rafts.tick-interval")]
    [InlineData("tinykv.cluster.name = \"\"", "tinykv.cluster.name")]
    [InlineData("tinykv.cluster.stores = []", "tinykv.cluster.stores")]
    [InlineData("tinykv.cluster.stores = here", "tinykv.cluster.stores")]
    [InlineData("tinykv.cluster.stores = [ { id = 1 } ]", "tinykv.cluster.stores[0].host")]
    [InlineData("tinykv.cluster.stores = [ { id = 1, port = 5 } ]", "tinykv.cluster.stores[0].port")]
    [InlineData("tinykv.store.id = 0", "tinykv.store.id")]
    [InlineData("tinykv.store.id = first", "tinykv.store.id")]
    [InlineData("tinykv.store.id = 9", "tinykv.store.id")]
    [InlineData("tinykv.store.data-directory = \"\"", "tinykv.store.data-directory")]
    [InlineData("tinykv.storage.mode = both", "tinykv.storage.mode")]
    [InlineData("tinykv.storage.mode = standalone", "tinykv.storage.mode")]
    [InlineData("tinykv.journal = postgresql", "tinykv.postgresql.connection-string")]
    [InlineData("tinykv.kv-dispatcher.throughput = abc", "tinykv.kv-dispatcher.throughput")]
    [InlineData("tinykv.kv-dispatcher.dedicated-thread-pool.thread-count = -1", "thread-count")]
    [InlineData("tinykv.raft-dispatcher.throughput = 0", "tinykv.raft-dispatcher.throughput")]
    [InlineData("tinykv.journal = paper", "tinykv.journal")]
    [InlineData("tinykv.raft.tick-interval = soon", "tinykv.raft.tick-interval")]
    [InlineData("tinykv.raft.tick-interval = 0ms", "tinykv.raft.tick-interval")]
    [InlineData("tinykv.raft.election-ticks = 1.5", "tinykv.raft.election-ticks")]
    [InlineData("tinykv.raft.election-ticks = {}", "tinykv.raft.election-ticks")]
    [InlineData("tinykv.raft.heartbeat-ticks = 10", "tinykv.raft.election-ticks")]
    [InlineData("tinykv.raft.max-bytes-per-append = big", "tinykv.raft.max-bytes-per-append")]
    [InlineData("tinykv.raft.max-pending-bytes = 0", "tinykv.raft.max-pending-bytes")]
    [InlineData("tinykv.raft.max-log-entries = 0", "tinykv.raft.max-log-entries")]
    [InlineData("tinykv.raft.max-log-bytes = all", "tinykv.raft.max-log-bytes")]
    [InlineData("tinykv.sync-dispatcher.throughput = 0", "tinykv.sync-dispatcher.throughput")]
    [InlineData("tinykv.snapshots.max-concurrent = 0", "tinykv.snapshots.max-concurrent")]
    [InlineData("tinykv.snapshots.bytes-per-second = 0", "tinykv.snapshots.bytes-per-second")]
    [InlineData("tinykv.snapshots.bytes-per-second = 400KiB", "tinykv.snapshots.bytes-per-second")]
    [InlineData("tinykv.snapshots.retry-interval = 30s", "tinykv.snapshots.retry-interval")]
    [InlineData("akka.remote.dot-netty.tcp.applied-adapters = []", "akka.remote.dot-netty.tcp.applied-adapters lacks")]
    [InlineData("akka.remote.adapters.tinykv-guard = \"Akka.Remote.Transport.ThrottlerProvider,Akka.Remote\"",
        "akka.remote.adapters.tinykv-guard is 'Akka.Remote.Transport.ThrottlerProvider,Akka.Remote'")]
    [InlineData("akka.remote.adapters.tinykv-guard = \"\"", "akka.remote.adapters.tinykv-guard is ''")]
    [InlineData("akka.remote.enabled-transports = [\"akka.remote.other\"]",
        "akka.remote.enabled-transports is [akka.remote.other]")]
    [InlineData("akka.remote.enabled-transports = []", "akka.remote.enabled-transports is []")]
    [InlineData("akka.remote.dot-netty.tcp.byte-order = big-endian", "akka.remote.dot-netty.tcp.byte-order is 'big-")]
    public void What_is_wrong_is_refused_with_the_name_of_the_key(string line, string key)
    {
        var refusal = Assert.ThrowsAny<TinyKvException>(() => Read(line));

        Assert.Contains(key, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ id = 1, host = \"b\", grpc-port = 4, status-port = 5, remoting-port = 6, raft-port = 106 }", "a second time")]
    [InlineData("{ id = 2, host = \"a\", grpc-port = 4, status-port = 3, remoting-port = 6, raft-port = 106 }", "a:3")]
    [InlineData("{ id = 2, host = \"b\", grpc-port = 0, status-port = 5, remoting-port = 6, raft-port = 106 }", "grpc-port")]
    [InlineData("{ id = 2, host = \"b\", grpc-port = 70000, status-port = 5, remoting-port = 6, raft-port = 106 }", "grpc-port")]
    public void Stores_that_would_get_into_each_others_way_are_refused(string second, string names)
    {
        var first = "{ id = 1, host = \"a\", grpc-port = 1, status-port = 2, remoting-port = 3, raft-port = 103 }";

        var refusal = Assert.ThrowsAny<TinyKvException>(() => Read($"tinykv.cluster.stores = [ {first}, {second} ]"));

        Assert.Contains(names, refusal.Message, StringComparison.Ordinal);
    }

    private static TinyKvSettings Read(string lines) => SettingsReader.Read(
        ConfigurationFactory.ParseString(lines).WithFallback(ConfigurationFactory.ParseString(Required))
            .WithFallback(ReferenceConfig.OfStore));
}
