using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using TinyKv.Actors.Placement;
using TinyKv.Core;
using TinyKv.Core.Commands;
using TinyKv.Core.Placement;
using TinyKv.Core.Regions;
using TinyKv.Core.Stores;
using TinyKv.Server.Joining;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Server;

/// <summary>How a store asks those of a cluster to take it.</summary>
public sealed class JoiningTests : ServedTests
{
    private static readonly StoreAddresses Place = new("h", 1, 2, 3, 4);

    private static readonly RegisterStore Registering = new(0, new DirectoryId(0xabc), Place, "1.0");

    [Fact]
    public async Task A_store_learns_all_stores_those_that_were_removed_too()
    {
        Store.Members.Stores = StoreDirectory.Of(77, 3, 9,
        [
            Info(1, 9, "one"), Info(2, 8, "two") with { State = StoreState.Tombstone },
            Info(3, 7, "three") with { State = StoreState.Offline, Labels = StoreInfo.NoLabels.Add("zone", "a") },
            Info(1004, 0xabc, "h"),
        ]);

        var joined = await Endpoints(Grpc).RegisterAsync(Registering, waits: true, Timeouts.Long);

        Assert.Equal("test", joined!.ClusterName);
        Assert.Equal((77UL, 3U, 9L), (joined.Stores.Cluster, joined.Stores.MaxReplicas, joined.Stores.Version));
        Assert.Equal([new StoreId(1), new StoreId(2), new StoreId(3)], joined.Stores.Initial.ToArray());
        foreach (var (id, known) in Store.Members.Stores.Stores)
            Assert.Equal(known with { Labels = StoreInfo.NoLabels },
                joined.Stores.Stores[id] with { Labels = StoreInfo.NoLabels });
        Assert.Equal("a", joined.Stores.Find(new StoreId(3))!.Labels["zone"]);
    }

    [Fact]
    public async Task A_refusal_is_no_reason_to_ask_another()
    {
        Store.Members.Refusal = new RegistryRefusal(RegistryRefusalKind.AddressTaken, "it is taken");

        var refused = await Assert.ThrowsAsync<RegistryRefusedException>(
            () => Endpoints(Grpc, Nobody()).RegisterAsync(Registering, waits: true, Timeouts.Long));

        Assert.Equal(Store.Members.Refusal, refused.Refusal);
    }

    [Fact]
    public async Task One_that_is_not_there_is_passed_over()
    {
        Store.Members.Stores = StoreDirectory.Of(77, 3, 9, [Info(1004, 0xabc, "h")]);

        Assert.NotNull(await Endpoints(Nobody(), Status, Grpc).RegisterAsync(Registering, waits: true, Timeouts.Long));
    }

    [Fact]
    public async Task Nobody_is_waited_for_who_is_only_asked_by_the_way() =>
        Assert.Null(await Endpoints(Nobody()).RegisterAsync(Registering, waits: false, Timeouts.Long));

    [Fact]
    public async Task A_store_that_is_not_there_yet_is_waited_for()
    {
        using var impatient = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Endpoints(Nobody()).RegisterAsync(Registering, waits: true, impatient.Token));
    }

    [Fact]
    public async Task What_answers_and_is_no_store_is_a_mistake()
    {
        var wrong = await Assert.ThrowsAsync<SettingException>(
            () => Endpoints(Status).RegisterAsync(Registering, waits: true, Timeouts.Long));

        Assert.Equal($"tinykv.cluster.join names {Status}, where something else answers than the gRPC port of a TinyKv store",
            wrong.Message);
        Assert.False(wrong.IsTransient);
    }

    private string Grpc => $"127.0.0.1:{Ports.Grpc.Number}";

    private string Status => $"127.0.0.1:{Ports.Status.Number}";

    private static string Nobody()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"{listener.LocalEndpoint}";
    }

    private static ClusterEndpoints Endpoints(params string[] endpoints) => new(endpoints, NullLogger.Instance);

    private static StoreInfo Info(ulong id, ulong directory, string host) => new()
    {
        Id = new StoreId(id),
        Directory = new DirectoryId(directory),
        Addresses = Place with { Host = host },
        ProgramVersion = "1.0",
        Version = (long)id,
    };
}
