using System.Text.Json;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Host.Cli;

public sealed class StoreCommandTests
{
    private readonly FakeCluster _cluster = new()
    {
        Stores = new ListStoresResponse
        {
            ClusterId = 77,
            Stores =
            {
                Store(1, "up", new StoreUsage { UsedBytes = 2048, RegionCount = 2, LeaderCount = 1 }),
                Store(2, "tombstone", usage: null),
                Store(1000, "down", usage: null),
            },
        },
    };

    [Fact]
    public async Task The_list_shows_how_stores_are_without_those_that_were_removed()
    {
        var run = await CliRun.Of(_cluster, "store", "list");
        var all = await CliRun.Of(_cluster, "store", "list", "--all");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches("│ 1 +│ up +│ host1:101 +│ zone=z1 +│ 2 +│ 1 +│ 2048 B", run.Text);
        Assert.Matches("│ 1000 +│ down +│ host1000:101 +│ zone=z1000 +│ - ", run.Text);
        Assert.DoesNotContain("tombstone", run.Text, StringComparison.Ordinal);
        Assert.Matches("│ 2 +│ tombstone", all.Text);
    }

    [Fact]
    public async Task Programs_get_a_line_for_each_store()
    {
        var run = await CliRun.Of(_cluster, "store", "list", "--format", "tsv");

        Assert.Equal(
            "1\tup\thost1:101\thost1:102\thost1:103\thost1:104\tzone=z1\t2\t1\t2048\t0\t0\t1.0\t3\t0a\n"
            + "1000\tdown\thost1000:101\thost1000:102\thost1000:103\thost1000:104\tzone=z1000\t-\t-\t-\t-\t-\t1.0\t3\t0a\n",
            run.Text);
    }

    [Fact]
    public async Task Programs_get_json_of_one_store_and_of_all()
    {
        using var list = JsonDocument.Parse((await CliRun.Of(_cluster, "store", "list", "--format", "json")).Output);
        using var one = JsonDocument.Parse((await CliRun.Of(_cluster, "store", "show", "1000", "--format", "json")).Output);

        var first = list.RootElement.GetProperty("stores")[0];
        Assert.Equal((1UL, 2048L), (first.GetProperty("store").GetUInt64(), first.GetProperty("usedBytes").GetInt64()));
        Assert.Equal("down", one.RootElement.GetProperty("condition").GetString());
        Assert.Equal("z1000", one.RootElement.GetProperty("labels").GetProperty("zone").GetString());
        Assert.False(one.RootElement.TryGetProperty("usedBytes", out _));
    }

    [Fact]
    public async Task A_store_that_is_removed_is_shown_as_it_is_then()
    {
        var run = await CliRun.Of(_cluster, "store", "remove", "1000");
        var unknown = await CliRun.Of(_cluster, "store", "remove", "7");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches("condition +tombstone", run.Text);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("there is no store 7 in the cluster", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_store_is_shown_with_how_long_it_was_not_heard()
    {
        var run = await CliRun.Of(_cluster, "store", "show", "1000");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("condition       down\nnot heard for   90 s\n", run.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_not_there_is_an_error_that_names_those_that_are()
    {
        var run = await CliRun.Of(_cluster, "store", "show", "9");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("there is no store 9 in the cluster; it has the stores 1, 2, 1000", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_are_set_and_the_store_is_shown_as_it_is_then()
    {
        var run = await CliRun.Of(_cluster, "store", "add-labels", "1", "zone=b", "disk=ssd");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("labels          disk=ssd,zone=b\n", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store", "add-labels", "1", "zone")]
    [InlineData("store", "add-labels", "1", "=b")]
    [InlineData("store", "add-labels", "1")]
    [InlineData("store", "show", "one")]
    [InlineData("store", "show", "0")]
    [InlineData("store", "show")]
    [InlineData("store")]
    public async Task What_cannot_be_meant_is_a_usage_error(params string[] arguments) =>
        Assert.Equal(2, (await CliRun.Of(_cluster, arguments)).ExitCode);

    private static StoreDetail Store(ulong id, string condition, StoreUsage? usage) => new()
    {
        StoreId = id,
        Condition = condition,
        GrpcEndpoint = $"host{id}:101",
        StatusEndpoint = $"host{id}:102",
        RemotingEndpoint = $"host{id}:103",
        RaftEndpoint = $"host{id}:104",
        Labels = { { "zone", $"z{id}" } },
        Version = "1.0",
        Revision = 3,
        DataDirectory = "0a",
        SilenceMs = 90_000,
        Usage = usage,
    };
}
