using System.Text;
using Akka.Actor;
using Google.Protobuf;
using TinyKv.Client;
using TinyKv.Core.Keys;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Errors;
using TinyKv.Protocol.Wire.Raw.V1;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>Requests for keys of several regions of real stores, on all ways to reach them.</summary>
[Trait("lane", "slow")]
public sealed class ManyRegionsTests : IAsyncLifetime
{
    private static readonly string[] Keys = [.. "abcdefghijklmnopqrstuvwxyz".Select(key => $"{key}")];

    private TinyKvCluster _cluster = null!;
    private TinyKvClient _remote = null!;

    private IRawClient Raw => _cluster.Raw;

    public async Task InitializeAsync()
    {
        _cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        _remote = await TinyKvClient.ConnectAsync(
            new TinyKvRemotingOptions { Endpoints = [_cluster[1].RemotingEndpoint] }, Timeouts.Long);
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Batches_scans_and_deletions_go_over_the_bounds_of_regions_on_every_way()
    {
        await SplitAsync("g", "m", "t");
        foreach (var raw in new[] { Raw, _remote.Raw })
        {
            await raw.BatchPutAsync([.. Keys.Select(key => new RawPair(Bytes(key), Bytes($"of {key}")))]);
            string[] mixed = ["z", "a", "m", "?", "l", "z", "g"];
            Assert.Equal(
                mixed.Select(key => key == "?" ? null : $"of {key}"),
                (await raw.BatchGetAsync([.. mixed.Select(Bytes)])).Select(Text));

            Assert.Equal(Keys, await ScanAsync(raw, new RawScan()));
            Assert.Equal(Keys.Reverse(), await ScanAsync(raw, new RawScan { Reverse = true }));
            Assert.Equal(Keys[5..20], await ScanAsync(raw, new RawScan { Range = Range("f", "u") }));
            Assert.Equal(Keys[5..20].Reverse(), await ScanAsync(raw, new RawScan { Range = Range("f", "u"), Reverse = true }));
            Assert.Equal(Keys[6..15], await ScanAsync(raw, new RawScan { Range = Range("g", ""), Limit = 9 }));
            var below = new RawScan { Range = Range("", "m"), Limit = 9, Reverse = true };
            Assert.Equal(Keys[3..12].Reverse(), await ScanAsync(raw, below));

            await raw.DeleteRangeAsync(Range("f", "u"));
            Assert.Equal([.. Keys[..5], .. Keys[20..]], await ScanAsync(raw, new RawScan()));
            await raw.BatchDeleteAsync([Bytes("a"), Bytes("u"), Bytes("?")]);
            Assert.Equal([.. Keys[1..5], .. Keys[21..]], await ScanAsync(raw, new RawScan()));
            await raw.DeleteRangeAsync(KeyRange.All);
            Assert.Empty(await ScanAsync(raw, new RawScan()));
        }
    }

    [Fact]
    public async Task Any_gateway_takes_requests_for_several_regions_and_a_named_replica_only_those_for_its_own()
    {
        await SplitAsync("g", "m", "t");
        var keys = Keys.Select(ByteString.CopyFromUtf8).ToList();
        foreach (var store in _cluster.Stores)
        {
            var gateway = store.Node.System.ActorSelection("/user/gateway");
            var put = new BatchPutRequest { Pairs = { keys.Select(key => new Pair { Key = key, Value = key }) } };
            Assert.Null((await gateway.Ask<WriteResponse>(put, Timeouts.Long)).RegionError);
            var found = await gateway.Ask<BatchGetResponse>(new BatchGetRequest { Keys = { keys } }, Timeouts.Long);
            Assert.Equal(keys, found.Values.Select(value => value.Value));
            Assert.Null((await gateway.Ask<WriteResponse>(new DeleteRangeRequest(), Timeouts.Long)).RegionError);
            Assert.Empty(await ScanAsync(Raw, new RawScan()));
        }

        var (region, leader) = _cluster[1].Node.Placement.Regions.Find(Bytes("h"))!;
        var named = new TinyKv.Protocol.Wire.Kv.Context
        {
            RegionId = region.Id.Value,
            RegionEpoch = RegionErrors.ToWire(region.Epoch),
            Peer = RegionErrors.ToWire(leader!.Value),
        };
        var there = _cluster[leader.Value.Store.Value].Node.Raw;
        var refused = await there.ExecuteAsync(new BatchDeleteRequest { Keys = { keys }, Context = named }, Timeouts.Long);
        Assert.NotNull(refused.RegionError.KeyNotInRegion);
    }

    [Fact]
    public async Task While_regions_are_split_nothing_is_lost_and_nobody_is_told_otherwise()
    {
        var region = RegionId.First.Value;
        foreach (var key in new[] { "f0", "k1", "p0", "u1" })
        {
            var split = _cluster.Client.Admin.SplitRegionAsync(region, Bytes(key), Timeouts.Long);
            do
            {
                await Task.WhenAll(ExerciseAsync(Raw, name: "0"), ExerciseAsync(_remote.Raw, name: "1"));
                await Raw.DeleteRangeAsync(Range("b", "y"));
                Assert.Equal(["a0", "a1", "y0", "y1", "z0", "z1"], await ScanAsync(_remote.Raw, new RawScan()));
            }
            while (!split.IsCompleted);
            region = (await split).Right.Id;
        }
    }

    // Over all regions, beside somebody who does the same with keys of other names.
    private static async Task ExerciseAsync(IRawClient raw, string name)
    {
        var keys = Keys.Select(key => key + name).ToArray();
        var value = Guid.NewGuid().ToByteArray();
        await raw.BatchPutAsync([.. keys.Select(key => new RawPair(Bytes(key), value))]);
        Assert.All(await raw.BatchGetAsync([.. keys.Select(Bytes)]), found => Assert.Equal(value, found));
        Assert.Equal(keys, await OwnAsync(reverse: false));
        Assert.Equal(keys.Reverse(), await OwnAsync(reverse: true));
        await raw.BatchDeleteAsync([.. keys[3..20].Select(Bytes)]);
        Assert.Equal([.. keys[..3], .. keys[20..]], await OwnAsync(reverse: false));

        async Task<IEnumerable<string>> OwnAsync(bool reverse) =>
            (await ScanAsync(raw, new RawScan { Reverse = reverse })).Where(key => key.EndsWith(name, StringComparison.Ordinal));
    }

    // The first region, at ascending keys.
    private async Task SplitAsync(params string[] at)
    {
        var region = RegionId.First.Value;
        foreach (var key in at)
            region = (await _cluster.Client.Admin.SplitRegionAsync(region, Bytes(key), Timeouts.Long)).Right.Id;
    }

    private static async Task<List<string>> ScanAsync(IRawClient raw, RawScan scan)
    {
        var keys = new List<string>();
        await foreach (var pair in raw.ScanAsync(scan)) keys.Add(Text(pair.Key)!);
        return keys;
    }

    private static KeyRange Range(string start, string end) => new(Bytes(start), Bytes(end));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);
}
