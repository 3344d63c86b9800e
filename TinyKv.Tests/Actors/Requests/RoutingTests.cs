using System.Globalization;
using Akka.Actor;
using Google.Protobuf;
using TinyKv.Actors.Node;
using TinyKv.Protocol.Raw;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Actors.Requests;

/// <summary>Requests without a context in a cluster of three stores, whoever is asked.</summary>
[Trait("lane", "slow")]
public sealed class RoutingTests
{
    private static readonly ByteString Counter = ByteString.CopyFromUtf8("counter");

    [Fact]
    public async Task Every_store_answers_every_request_and_sees_what_was_acknowledged_elsewhere()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        foreach (var writer in cluster.Nodes)
        {
            var key = ByteString.CopyFromUtf8($"from {writer.Settings.StoreId}");
            await AskAsync(writer, new PutRequest { Key = key, Value = key });
            foreach (var reader in cluster.Nodes)
            {
                Assert.Equal(key, (await AskAsync(reader, new GetRequest { Key = key })).Value.Value);
                Assert.Contains((await AskAsync(reader, new ScanRequest { Limit = 9 })).Pairs, pair => pair.Key == key);
            }
        }
    }

    [Fact]
    public async Task When_the_leader_stops_the_others_find_the_next_one()
    {
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        var leader = (await cluster.LeaderAsync()).Settings.StoreId.Value;
        var before = ByteString.CopyFromUtf8("before");
        await AskAsync(cluster[leader], new PutRequest { Key = before, Value = before });

        await cluster.StopAsync(leader);

        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(before, (await AskAsync(node, new GetRequest { Key = before })).Value.Value);
            var after = ByteString.CopyFromUtf8($"after {node.Settings.StoreId}");
            await AskAsync(node, new PutRequest { Key = after, Value = after });
        }
    }

    [Fact]
    public async Task Increments_through_all_stores_at_once_are_neither_lost_nor_done_twice()
    {
        const int Each = 10;
        await using var cluster = new TestCluster(3);
        await cluster.StartAllAsync();
        await AskAsync(cluster[1], new PutRequest { Key = Counter, Value = Text(0) });

        var results = await Task.WhenAll(cluster.Nodes.ToList().Select(node => IncrementAsync(node, Each)));

        var value = Number((await AskAsync(cluster[1], new GetRequest { Key = Counter })).Value.Value);
        Assert.InRange(value, results.Sum(result => result.Done), results.Sum(result => result.Done + result.Unknown));
        Assert.Equal(3 * Each, results.Sum(result => result.Done));
    }

    [Fact]
    public async Task Requests_beyond_the_bound_are_refused_at_once_with_a_hint_and_those_without_a_leader_in_time()
    {
        await using var cluster = new TestCluster(3);
        // One of three elects nobody: what waits for a leader stays under way.
        var node = await cluster.StartAsync(1, "tinykv.gateway { max-requests = 1, timeout = 3s }");
        var put = new PutRequest { Key = Counter, Value = Text(0) };

        var first = node.Raw.ExecuteAsync(put, Timeouts.Long);
        var second = await node.Raw.ExecuteAsync(put, Timeouts.Long);

        Assert.True(second.RegionError.ServerIsBusy.BackoffMs > 0);
        Assert.NotNull((await first).RegionError.NotLeader);
        // Nothing was done, and so says the actor.
        var told = await node.System.ActorSelection("/user/gateway").Ask<WriteResponse>(put, Timeouts.Long);
        Assert.NotNull(told.RegionError.NotLeader);
    }

    // An increment with an unknown outcome may be done or not; it counts as another one.
    private static async Task<(int Done, int Unknown)> IncrementAsync(StoreNode node, int times)
    {
        var (done, unknown, seen) = (0, 0, Text(0));
        var timeout = Timeouts.Long;
        while (done < times)
        {
            var reply = await node.Raw.ExecuteAsync(new CompareAndSetRequest
            {
                Key = Counter,
                Expected = new MaybeValue { Found = true, Value = seen },
                Desired = new MaybeValue { Found = true, Value = Text(Number(seen) + 1) },
            }, timeout);
            if (reply.RegionError?.StaleCommand is not null) unknown++;
            if (reply.RegionError is not null) continue;
            if (reply.Succeeded) done++;
            seen = reply.Succeeded ? Text(Number(seen) + 1) : reply.Previous.Value;
        }
        return (done, unknown);
    }

    // What is asked here may be done twice; refusals are those of stores between two leaders.
    private static async Task<TReply> AskAsync<TReply>(StoreNode node, IRawRequest<TReply> request)
        where TReply : class, IRawReply, new()
    {
        var timeout = Timeouts.Long;
        while (true)
        {
            var reply = await node.Raw.ExecuteAsync(request, timeout);
            Assert.Empty(reply.Error);
            if (reply.RegionError is null) return reply;
            Assert.True(reply.RegionError is { NotLeader: not null } or { StaleCommand: not null }, reply.RegionError.Message);
        }
    }

    private static ByteString Text(int number) =>
        ByteString.CopyFromUtf8(number.ToString(CultureInfo.InvariantCulture));

    private static int Number(ByteString text) => int.Parse(text.ToStringUtf8(), CultureInfo.InvariantCulture);
}
