using System.Collections;
using Akka.Configuration;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Protocol.Wire.Kv;
using TinyKv.Protocol.Wire.Scheduling;
using TinyKv.Server;
using TinyKv.Server.Settings;
using TinyKv.Testing;
using TinyKv.Tests.Architecture;
using KvClient = TinyKv.Protocol.Wire.Store.TinyKv.TinyKvClient;

namespace TinyKv.Tests.Server;

/// <summary>Every file in hocon/ starts as it is, but for the ports and the data directory.</summary>
[Trait("lane", "slow")]
public sealed class HoconFilesTests : IAsyncLifetime
{
    private const string PostgreSqlVariable = "TINYKV_TEST_POSTGRESQL";

    private readonly TemporaryDirectory _directory = new();
    private readonly List<StoreServer> _servers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_servers.Select(server => server.StopAsync()));
        foreach (var server in _servers) await server.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("one-store.conf", 1)]
    [InlineData("three-stores.conf", 3)]
    [InlineData("sqlite.conf", 1)]
    public Task The_file_starts_a_cluster_that_keeps_what_is_put(string file, int stores) =>
        StartAndUseAsync(file, stores, "");

    [SkippableFact]
    public async Task The_postgresql_file_starts_a_store_that_keeps_what_is_put()
    {
        var connection = Environment.GetEnvironmentVariable(PostgreSqlVariable);
        Skip.If(string.IsNullOrEmpty(connection), $"{PostgreSqlVariable} is not set to a connection string");
        var secret = _directory["connection-string"];
        await File.WriteAllTextAsync(secret, connection);
        // A name of its own: the database outlives the test, the data directory does not.
        await StartAndUseAsync("postgresql.conf", 1,
            $"tinykv.postgresql.connection-string-file = \"{secret}\"\n"
            + $"tinykv.cluster.name = \"test-{Guid.NewGuid():N}\"");
    }

    [Fact]
    public void Every_file_is_started_by_a_test() => Assert.Equal(
        ["one-store.conf", "postgresql.conf", "sqlite.conf", "three-stores.conf"],
        Directory.GetFiles(HoconDirectory, "*.conf").Select(Path.GetFileName).Order(StringComparer.Ordinal));

    private static string HoconDirectory => Path.Combine(Repository.Root, "hocon");

    private async Task StartAndUseAsync(string file, int stores, string overrides)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var first = FreePorts.TakeRange(stores * 4);
        var list = string.Join(", ", Enumerable.Range(0, stores).Select(i =>
            $"{{ id = {i + 1}, host = \"127.0.0.1\", grpc-port = {first + 4 * i}, "
            + $"status-port = {first + 4 * i + 1}, remoting-port = {first + 4 * i + 2}, "
            + $"raft-port = {first + 4 * i + 3} }}"));
        await Task.WhenAll(Enumerable.Range(1, stores).Select(async id =>
        {
            var config = ConfigurationFactory.ParseString(
                    $"tinykv.cluster.stores = [{list}]\nakka.loglevel = ERROR\n{overrides}")
                .WithFallback(ServerConfiguration.Load(Path.Combine(HoconDirectory, file), new Hashtable(),
                    ("--store-id", "tinykv.store.id", $"{id}"),
                    ("--data", "tinykv.store.data-directory", _directory[$"store-{id}"])).Config);
            var server = await StoreServer.StartAsync(config, NullLoggerFactory.Instance, deadline.Token);
            lock (_servers) _servers.Add(server);
        }));
        await UseAsync(first, deadline.Token);
    }

    private static async Task UseAsync(int port, CancellationToken deadline)
    {
        var channels = new Dictionary<string, GrpcChannel>();
        GrpcChannel To(string address) => channels.TryGetValue(address, out var channel)
            ? channel : channels[address] = GrpcChannel.ForAddress($"http://{address}");
        try
        {
            var scheduler = new Scheduler.SchedulerClient(To($"127.0.0.1:{port}"));
            var members = await scheduler.GetMembersAsync(new GetMembersRequest(), null, null, deadline);
            var header = new RequestHeader { ClusterId = members.Header.ClusterId };
            var key = ByteString.CopyFromUtf8("greeting");
            while (true)
            {
                var found = await scheduler.GetRegionAsync(
                    new GetRegionRequest { Header = header, RegionKey = key }, null, null, deadline);
                if (found.Leader is null)
                {
                    await Task.Delay(50, deadline);
                    continue;
                }
                var store = await scheduler.GetStoreAsync(
                    new() { Header = header, StoreId = found.Leader.StoreId }, null, null, deadline);
                var kv = new KvClient(To(store.Store.Address));
                var context = new Context
                {
                    RegionId = found.Region.Id,
                    RegionEpoch = found.Region.RegionEpoch,
                    Peer = found.Leader,
                };
                var put = await kv.RawPutAsync(
                    new RawPutRequest { Context = context, Key = key, Value = key }, null, null, deadline);
                Assert.Empty(put.Error);
                if (put.RegionError is not null) continue;
                var read = await kv.RawGetAsync(
                    new RawGetRequest { Context = context, Key = key }, null, null, deadline);
                Assert.Empty(read.Error);
                if (read.RegionError is not null) continue;
                Assert.Equal(key, read.Value);
                return;
            }
        }
        finally
        {
            foreach (var channel in channels.Values) channel.Dispose();
        }
    }
}
