using Akka.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Client;
using TinyKv.Server;
using TinyKv.Server.Settings;
using TinyKv.Testing;
using TinyKv.Testing.Processes;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Clusters;

[Trait("lane", "slow")]
public sealed class Ipv6Tests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task A_store_at_an_ipv6_address_serves_clients_over_grpc_and_over_remoting()
    {
        Ipv6.Require();
        var port = FreePorts.TakeRange(4);
        var config = ConfigurationFactory.ParseString(Cluster("0:0:0:0:0:0:0:1", [port]) + $$"""
            tinykv.store { id = 1, data-directory = "{{_directory.Path}}/data" }
            akka.loglevel = ERROR
            """).WithFallback(ServerConfiguration.Reference);
        var server = await StoreServer.StartAsync(config, NullLoggerFactory.Instance, Timeouts.Long);
        try
        {
            TinyKvClientOptions[] ways =
            [
                new() { Endpoints = [$"[::1]:{port}"] },
                new TinyKvRemotingOptions { Endpoints = [$"[0::1]:{port + 2}"] },
            ];
            foreach (var way in ways)
            {
                await using var client = await TinyKvClient.ConnectAsync(way, Timeouts.Long);
                await client.Raw.PutAsync("key"u8.ToArray(), "value"u8.ToArray());
            }
        }
        finally
        {
            await server.StopAsync();
            await server.DisposeAsync();
        }
    }

    /// <summary>In a mount namespace of its own, with a hosts file that no other process sees.</summary>
    [SkippableFact]
    public async Task Stores_whose_names_have_only_ipv6_addresses_find_each_other()
    {
        Ipv6.Require();
        Skip.If((await Command.TryAsync("unshare", "-m", "true")).Code != 0, "unshare -m needs root");
        var directory = _directory.Path;
        await File.WriteAllTextAsync($"{directory}/hosts", "127.0.0.1 localhost\n::1 only-ipv6.test\n");
        var first = FreePorts.TakeRange(12);
        await File.WriteAllTextAsync($"{directory}/tinykv.conf", Cluster("only-ipv6.test", [first, first + 4, first + 8]));

        var (exitCode, output, _) = await Shell.RunAsync($$"""
            exec timeout 90 unshare -m sh -c '
              mount --bind {{directory}}/hosts /etc/hosts || exit
              trap "kill \$stores; wait; exit 124" TERM
              for store in 1 2 3; do
                "$@" server --config {{directory}}/tinykv.conf --store-id $store --data {{directory}}/$store \
                  > {{directory}}/$store.log 2>&1 & stores="$stores $!"
              done
              until "$@" raw put -e only-ipv6.test:{{first}} key value; do kill -0 $stores || exit; done 2> {{directory}}/put.log
              "$@" raw get -e only-ipv6.test:{{first + 8}} key
              result=$?
              kill $stores; wait
              [ $result = 0 ] || cat {{directory}}/*.log
              exit $result' sh "$@"
            """, []);

        Assert.Equal((0, "value\n"), (exitCode, output));
    }

    private static string Cluster(string host, IEnumerable<int> ports) => $$"""
        tinykv.cluster.name = "ipv6"
        tinykv.store.bind-host = "::1"
        tinykv.cluster.stores = [{{string.Join(", ", ports.Select((port, i) =>
            $"{{ id = {i + 1}, host = \"{host}\", grpc-port = {port}, status-port = {port + 1}, "
            + $"remoting-port = {port + 2}, raft-port = {port + 3} }}"))}}]

        """;
}
