using System.Text.Json;
using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Host.Cli;

public sealed class RegionCommandTests
{
    private readonly FakeCluster _cluster = new()
    {
        Statuses = [.. Enumerable.Range(1, 3).Select(id => Store((ulong)id))],
    };

    [Fact]
    public async Task A_region_is_shown_with_its_replicas_and_no_other()
    {
        var run = await CliRun.Of(_cluster, "region", "show", "1");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches("│ 1 +│ all +│ 1/1 +│ store 2 +│ 7 +│ 11 +│ 1 +│ follower", run.Text);
        Assert.Matches("│ 12 +│ 2 +│ leader", run.Text);
        Assert.DoesNotContain("placement", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_get_a_region_as_json_and_as_lines()
    {
        using var json = JsonDocument.Parse((await CliRun.Of(_cluster, "region", "show", "1", "--format", "json")).Output);
        var tsv = await CliRun.Of(_cluster, "region", "show", "placement", "--format", "tsv");

        Assert.Equal(2UL, json.RootElement.GetProperty("leaderStore").GetUInt64());
        Assert.Equal(3, json.RootElement.GetProperty("peers").GetArrayLength());
        Assert.StartsWith("region\t0\t-\t-\t1\t1\t2\t7\npeer\t0\t11\t1\tfollower\t7\t", tsv.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_that_is_not_there_is_an_error_that_names_those_that_are()
    {
        var run = await CliRun.Of(_cluster, "region", "show", "9");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no store that answered has a replica of region 9; there are placement, region 1",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_transfer_shows_the_region_as_it_is_then_and_says_when_there_was_nothing_to_do()
    {
        var run = await CliRun.Of(_cluster, "region", "transfer-leader", "1", "3");
        var again = await CliRun.Of(_cluster, "region", "transfer-leader", "placement", "3");

        Assert.Equal((0, 0), (run.ExitCode, again.ExitCode));
        Assert.Equal([(1UL, 3UL), (0UL, 3UL)], _cluster.Transfers);
        Assert.DoesNotContain("already", run.Error, StringComparison.Ordinal);
        Assert.Contains("store 3 leads placement already", again.Error, StringComparison.Ordinal);
        Assert.Matches("│ placement ", again.Text);
    }

    [Fact]
    public async Task A_transfer_that_is_refused_is_not_done()
    {
        var run = await CliRun.Of(_cluster, "region", "transfer-leader", "1", "9");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("store 9 has no replica of region 1", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_shows_both_halves_and_says_when_there_was_nothing_to_do()
    {
        foreach (var store in _cluster.Statuses)
            store.Status!.Peers.Add(Replica(1001, store.StoreId));

        var run = await CliRun.Of(_cluster, "region", "split", "1", "6B", "--hex");
        var again = await CliRun.Of(_cluster, "region", "split", "1", "m");

        Assert.Equal((0, 0), (run.ExitCode, again.ExitCode));
        Assert.Equal([(1UL, "k")], _cluster.Splits);
        Assert.Matches("│ 1001 ", run.Text);
        Assert.Contains("m is a bound of region 1 already", again.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse((await CliRun.Of(_cluster, "region", "split", "1", "p", "--format", "json")).Output);
        var regions = json.RootElement.GetProperty("regions").EnumerateArray();
        Assert.Equal([1UL, 1001], regions.Select(region => region.GetProperty("id").GetUInt64()));
    }

    [Fact]
    public async Task Replicas_are_added_and_removed_and_the_region_is_shown()
    {
        var added = await CliRun.Of(_cluster, "region", "add-peer", "1", "4");
        var removed = await CliRun.Of(_cluster, "region", "remove-peer", "placement", "3", "--format", "tsv");

        Assert.Equal((0, 0), (added.ExitCode, removed.ExitCode));
        Assert.Equal([(1UL, 4UL, true), (0UL, 3UL, false)], _cluster.Changes);
        Assert.Matches("│ 1 +│ all ", added.Text);
        Assert.StartsWith("region\t0\t", removed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_has_not_heard_of_its_removal_is_shown_as_removed()
    {
        var (one, three) = (_cluster.Statuses[0].Status!.Peers[1], _cluster.Statuses[2].Status!.Peers[1]);
        one.Region.RegionEpoch.ConfVer = 2;
        one.Region.Peers.AddRange([one.Peer, new Peer { Id = 12, StoreId = 2 }]);
        three.Term = 9;

        var run = await CliRun.Of(_cluster, "region", "show", "1");

        Assert.Matches("│ 2/1 +│ store 2 +│ 9 +│ 11 +│ 1 +│ follower", run.Text);
        Assert.Matches("│ 13 +│ 3 +│ removed", run.Text);
    }

    [Theory]
    [InlineData("add-peer", "3", "store 3 has a replica")]
    [InlineData("remove-peer", "4", "store 4 has no replica")]
    public async Task A_change_of_replicas_that_is_none_is_an_error(string command, string store, string text)
    {
        var run = await CliRun.Of(_cluster, "region", command, "1", store);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("region", "add-peer", "1")]
    [InlineData("region", "split", "1")]
    [InlineData("region", "split", "1", "")]
    [InlineData("region", "split", "1", "xyz", "--hex")]
    [InlineData("region", "show")]
    [InlineData("region", "show", "one")]
    [InlineData("region", "transfer-leader", "1")]
    [InlineData("region", "transfer-leader", "1", "0")]
    [InlineData("region", "transfer-leader", "1", "placement")]
    [InlineData("region")]
    public async Task What_cannot_be_meant_is_a_usage_error(params string[] arguments) =>
        Assert.Equal(2, (await CliRun.Of(_cluster, arguments)).ExitCode);

    private static StoreStatusOrError Store(ulong id) => new(id, $"host{id}:1", new StoreStatusResponse
    {
        StoreId = id,
        Peers = { Replica(0, id), Replica(1, id) },
    }, Error: null);

    private static PeerStatus Replica(ulong region, ulong store) => new()
    {
        Region = new Region { Id = region, RegionEpoch = new RegionEpoch { ConfVer = 1, Version = 1 } },
        Peer = new Peer { Id = 10 + store, StoreId = store },
        Role = store == 2 ? "leader" : "follower",
        LeaderStoreId = 2,
        Term = 7,
        CommitIndex = 20,
        AppliedIndex = 19,
        FirstIndex = 6,
        LastIndex = 20,
    };
}
