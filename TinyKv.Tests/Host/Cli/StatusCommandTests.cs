using System.Text.Json;
using TinyKv.Client;
using TinyKv.Protocol.Wire.Admin.V1;
using TinyKv.Protocol.Wire.Meta;

namespace TinyKv.Tests.Host.Cli;

public sealed class StatusCommandTests
{
    private readonly FakeCluster _cluster = new()
    {
        Statuses =
        [
            new StoreStatusOrError(3, "127.0.0.1:20162", null, "connection [refused]"),
            Answer(1, term: 4, leader: 3),
            Answer(2, term: 5, leader: 2),
        ],
    };

    [Fact]
    public async Task A_table_shows_stores_regions_and_who_is_unreachable()
    {
        var run = await CliRun.Of(_cluster, "status");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("cluster test (18446744073709551615)", run.Text);
        Assert.Contains("store 3: connection [refused]", run.Text);
        Assert.Matches("│ 3 +│ unreachable", run.Text);
        Assert.Matches("│ placement +│ none", run.Text);
        Assert.Matches("│ 1 +│ all +│ 1/1 +│ store 2 │ 5 ", run.Text);
        Assert.Contains("6..17, 2048.0 KiB", run.Text);
    }

    [Fact]
    public async Task Who_is_waited_for_and_who_is_refused_is_told()
    {
        var (waiting, formed) = (Answer(1, term: 0, leader: 0), Answer(2, term: 5, leader: 2));
        waiting.Status!.Acquaintances.Add(new StoreAcquaintance { StoreId = 3, State = "waiting", Reason = "it is away" });
        formed.Status!.Formed = true;
        formed.Status.Acquaintances.Add(new StoreAcquaintance { StoreId = 1, State = "refused", Reason = "an [old] copy" });
        formed.Status.Acquaintances.Add(new StoreAcquaintance { StoreId = 3, State = "waiting", Reason = "it is away" });

        waiting.Status.Acquaintances.Add(new StoreAcquaintance { StoreId = 2, State = "refuses", Reason = "an [old] copy" });
        var cluster = new FakeCluster { Statuses = [waiting, formed] };

        var table = await CliRun.Of(cluster, "status");
        var tsv = await CliRun.Of(cluster, "status", "--format", "tsv");
        var json = await CliRun.Of(cluster, "status", "--format", "json");

        Assert.Contains("store 1 waits for store 3: it is away", table.Text);
        Assert.Single(table.Text.Split('\n'), "store 2 refuses store 1: an [old] copy"); // both tell of it
        Assert.DoesNotContain("store 2 waits", table.Text);
        Assert.Equal(
            ["introduction\t1\twaits\t3\tit is away", "introduction\t2\trefuses\t1\tan [old] copy"],
            tsv.Text.Split('\n').Where(line => line.StartsWith("introduction", StringComparison.Ordinal)));
        Assert.Equal(
            """[{"store":1,"state":"waits","other":3,"reason":"it is away"},"""
            + """{"store":2,"state":"refuses","other":1,"reason":"an [old] copy"}]""",
            Compact(json, "introductions"));
    }

    [Fact]
    public async Task What_replicas_have_refused_and_which_have_stopped_is_told_in_every_format()
    {
        var peers = _cluster.Statuses.Single(store => store.StoreId == 1).Status!.Peers;
        (peers[0].RefusedMessages, peers[0].LastRefusal) = (2, "store 3: term [5] has another leader");
        (peers[1].RefusedMessages, peers[1].LastRefusal) = (1, "store 2: not for this member");
        (peers[0].Role, peers[0].StoppedBecause) = ("stopped", "entry 7 cannot be read");

        var table = await CliRun.Of(_cluster, "status");
        var tsv = await CliRun.Of(_cluster, "status", "--format", "tsv");
        var json = await CliRun.Of(_cluster, "status", "--format", "json");

        Assert.Equal(
            [
                "store 1, placement: refused 1 message, the last from store 2: not for this member",
                "store 1, region 1: stopped: entry 7 cannot be read",
                "store 1, region 1: refused 2 messages, the last from store 3: term [5] has another leader",
            ],
            table.Text.Split('\n').Where(line => line.StartsWith("store 1, ", StringComparison.Ordinal)));
        Assert.Equal(
            [
                "refused\t0\t1\t1\tstore 2: not for this member",
                "stopped\t1\t1\tentry 7 cannot be read",
                "refused\t1\t1\t2\tstore 3: term [5] has another leader",
            ],
            tsv.Text.Split('\n').Where(line => line.Split('\t')[0] is "refused" or "stopped"));
        var peer = JsonDocument.Parse(json.Output).RootElement.GetProperty("regions")[1].GetProperty("peers")[0];
        Assert.Equal(
            (2, "store 3: term [5] has another leader", "entry 7 cannot be read"),
            (peer.GetProperty("refusedMessages").GetInt32(), peer.GetProperty("lastRefusal").GetString(),
                peer.GetProperty("stoppedBecause").GetString()));
    }

    [Fact]
    public async Task A_store_that_fetches_a_snapshot_is_told_in_every_format()
    {
        var status = _cluster.Statuses.Single(store => store.StoreId == 2).Status!;
        status.Snapshots.Add(new SnapshotStatus { RegionId = 1, FromStoreId = 3, Bytes = 5 << 20, TotalBytes = 40 << 20 });
        status.Snapshots.Add(new SnapshotStatus { FromStoreId = 1, Bytes = 2048 });

        var table = await CliRun.Of(_cluster, "status");
        var tsv = await CliRun.Of(_cluster, "status", "--format", "tsv");
        var json = await CliRun.Of(_cluster, "status", "--format", "json");

        Assert.Contains("store 2 fetches a copy of region 1 from store 3: 5120.0 KiB of about 40.0 MiB\n", table.Text);
        Assert.Contains("store 2 fetches a copy of placement from store 1: 2048 B\n", table.Text);
        Assert.Contains($"snapshot\t2\t1\t3\t{5 << 20}\t{40 << 20}\nsnapshot\t2\t0\t1\t2048\t0\n", tsv.Text);
        Assert.Contains(
            $$"""[{"region":1,"from":3,"bytes":{{5 << 20}},"totalBytes":{{40 << 20}}},"""
            + """{"region":0,"from":1,"bytes":2048,"totalBytes":0}]""",
            Compact(json, "stores"));
    }

    [Fact]
    public async Task Of_troubles_that_there_are_not_nothing_is_told()
    {
        Assert.DoesNotContain("store 1, ", (await CliRun.Of(_cluster, "status")).Text);
        Assert.Equal("[]", Compact(await CliRun.Of(_cluster, "status", "--format", "json"), "introductions"));
    }

    [Fact]
    public async Task Json_says_the_same_to_programs()
    {
        var run = await CliRun.Of(_cluster, "status", "--format", "json");

        var root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("18446744073709551615", root.GetProperty("cluster").GetProperty("id").GetString());
        var stores = root.GetProperty("stores");
        Assert.Equal([1, 2, 3], stores.EnumerateArray().Select(store => store.GetProperty("id").GetInt32()));
        Assert.Equal("connection [refused]", stores[2].GetProperty("error").GetString());
        var region = root.GetProperty("regions")[1];
        Assert.Equal(2, region.GetProperty("leaderStore").GetInt32());
        Assert.Equal(2, region.GetProperty("peers").GetArrayLength());
        Assert.Equal(17, region.GetProperty("peers")[0].GetProperty("lastIndex").GetInt32());
    }

    [Fact]
    public async Task Tsv_has_one_line_for_each_thing()
    {
        var run = await CliRun.Of(_cluster, "status", "--format", "tsv");

        var lines = run.Text.TrimEnd().Split('\n').Select(line => line.Split('\t')).ToList();
        Assert.Equal(
            ["cluster", "store", "store", "store", "region", "peer", "peer", "region", "peer", "peer"],
            lines.Select(line => line[0]));
        Assert.Equal(["store", "3", "unreachable", "127.0.0.1:20162", "-", "-", "-", "-", "-", "-", "connection [refused]"],
            lines[3]);
        Assert.Equal(["region", "1", "-", "-", "1", "1", "2", "5"], lines[7]);
        Assert.All(lines, line => Assert.DoesNotContain("", line));
        Assert.All(lines[1..4], line => Assert.Equal(lines[1].Length, line.Length));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    public async Task On_a_narrow_screen_columns_are_left_out_and_no_word_is_broken(int width)
    {
        var run = await ShowAsync(width, name => name == "NO_COLOR" ? "1" : null);

        Assert.All(run.Text.Split('\n'), line => Assert.True(line.Length <= width, line));
        Assert.Matches("│ 3 +│ unreachable │ 127.0.0.1:20162 │", run.Text);
        Assert.Matches("│ placement .*│ follower │", run.Text);
        Assert.Contains("left out: ", run.Text);
        Assert.InRange(run.Text.Count(c => c == '\n'), 15, 22);
    }

    [Theory]
    [InlineData("NO_COLOR", "1", false)]
    [InlineData("TERM", "dumb", false)]
    [InlineData("NO_COLOR", "", true)]
    public async Task States_are_coloured_where_colours_are_wanted(string variable, string value, bool coloured)
    {
        var run = await ShowAsync(100, name => name == variable ? value : null);

        Assert.Equal(coloured, run.Text.Contains("\e[", StringComparison.Ordinal));
        Assert.DoesNotContain('\e', (await CliRun.Of(_cluster, "status")).Text);
    }

    private Task<CliRun> ShowAsync(int width, Func<string, string?> variable) => CliRun.On(
        host => host with { Connect = _cluster.ConnectAsync, OutputIsTerminal = true, Width = width, Variable = variable },
        CancellationToken.None, "status");

    [Fact]
    public async Task A_cluster_of_which_no_store_answers_is_a_failure()
    {
        var cluster = new FakeCluster { Statuses = [new StoreStatusOrError(1, "host:1", null, "refused")] };

        var run = await CliRun.Of(cluster, "status");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("no store of the cluster answered", run.Error);
    }

    [Fact]
    public async Task A_store_that_has_lost_data_is_named_once_in_every_format()
    {
        // Its leader says so, and so does it.
        foreach (var status in _cluster.Statuses.Select(store => store.Status).OfType<StoreStatusResponse>())
            status.Peers[0].DataLosses.Add(new DataLoss { StoreId = 1, AcknowledgedIndex = 12, HeldIndex = 7 });

        var table = await CliRun.Of(_cluster, "status");
        var tsv = await CliRun.Of(_cluster, "status", "--format", "tsv");
        var json = await CliRun.Of(_cluster, "status", "--format", "json");

        const string Line = "store 1 has lost data: region 1 acknowledged up to 12, held up to 7; it is not counted";
        Assert.Single(table.Text.Split('\n'), Line);
        Assert.Single(tsv.Text.Split('\n'), "data-loss\t1\t1\t12\t7");
        var region = JsonDocument.Parse(json.Output).RootElement.GetProperty("regions")[1];
        var loss = Assert.Single(region.GetProperty("dataLosses").EnumerateArray());
        Assert.Equal(
            (1, 12, 7),
            (loss.GetProperty("store").GetInt32(), loss.GetProperty("acknowledgedIndex").GetInt32(),
                loss.GetProperty("heldIndex").GetInt32()));
    }

    private static string Compact(CliRun json, string property) =>
        JsonSerializer.Serialize(JsonDocument.Parse(json.Output).RootElement.GetProperty(property));

    private static StoreStatusOrError Answer(ulong store, long term, ulong leader)
    {
        var status = new StoreStatusResponse
        {
            ClusterId = ulong.MaxValue,
            ClusterName = "test",
            StoreId = store,
            Ready = true,
            GrpcEndpoint = $"127.0.0.1:{20159 + store}",
            Journal = "rocksdb",
        };
        foreach (var region in new ulong[] { 1, 0 })
            status.Peers.Add(new PeerStatus
            {
                Region = new Region { Id = region, RegionEpoch = new RegionEpoch { ConfVer = 1, Version = 1 } },
                Peer = new Peer { Id = store + 10, StoreId = store },
                Role = leader == store ? "leader" : "follower",
                LeaderStoreId = leader,
                Term = term,
                CommitIndex = 17,
                AppliedIndex = 17,
                FirstIndex = 6,
                LastIndex = 17,
                LogBytes = 2 * 1024 * 1024,
            });
        return new StoreStatusOrError(store, status.GrpcEndpoint, status, null);
    }
}
