using TinyKv.Actors.Node;
using TinyKv.Actors.Regions;
using TinyKv.Core.Commands;
using TinyKv.Core.Regions;
using TinyKv.Persistence.Checking;

namespace TinyKv.Tests.Actors.Node;

/// <summary>Real stores whose regions are split.</summary>
[Trait("lane", "slow")]
public sealed class SplitTests : IAsyncLifetime
{
    private readonly TestCluster _cluster = new(3);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task Both_halves_serve_what_the_region_had_and_outlast_a_restart_of_all_stores(string journal)
    {
        var settings = $"tinykv.journal = {journal}";
        await StartAllAsync(settings);
        await PutAsync("b", "x");

        var (parent, child) = await SplitAsync("m");
        await PutAsync("c", "y");
        for (var store = 1UL; store <= 3; store++) await StopSoundAsync(store);
        await _cluster.StartAllAsync(settings);

        Assert.Equal((RegionId.First, new RegionEpoch(1, 2), new RegionEpoch(1, 2)), (parent.Id, parent.Epoch, child.Epoch));
        await HasAsync("b", "c", "x", "y");
        Assert.Equal((parent.Id, child.Id), (IdOf(_cluster[1], "c"), IdOf(_cluster[1], "x")));
    }

    [Fact]
    public async Task The_new_region_is_led_by_who_leads_the_other_before_anybody_misses_a_leader()
    {
        await StartAllAsync("tinykv.raft.election-ticks = 40");
        var leader = (await _cluster.LeaderAsync()).Settings.StoreId;

        foreach (var key in new[] { "m", "f", "s" })
        {
            await SplitAsync(key);
            Assert.Equal(leader, (await _cluster.LeaderAsync(key)).Settings.StoreId);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(10_000)]
    public async Task A_store_that_was_away_gets_both_halves_by_the_log_or_by_snapshots(int maxLogEntries)
    {
        var settings = $"tinykv.raft.max-log-entries = {maxLogEntries}";
        await StartAllAsync(settings);
        var leader = (await _cluster.LeaderAsync()).Settings.StoreId.Value;
        var away = leader % 3 + 1;
        await StopSoundAsync(away);
        await SplitAsync("m");
        for (var i = 0; i < 30; i++) await PutAsync($"b {i}", $"x {i}");

        await _cluster.StartAsync(away, settings);

        foreach (var key in new[] { "b 29", "x 29" }) await LeadAsync(away, key);
        await HasAsync("b 0", "b 29", "x 0", "x 29");
        await StopSoundAsync(away);
    }

    [Fact]
    public async Task A_region_that_was_split_is_split_again_and_again()
    {
        await StartAllAsync("");
        foreach (var key in new[] { "m", "f", "s", "c", "j", "p", "v" }) await SplitAsync(key);

        await PutAsync("a", "d", "g", "k", "n", "q", "t", "w");

        await HasAsync("a", "d", "g", "k", "n", "q", "t", "w");
        Assert.Equal(8, _cluster[1].Placement.Regions.Count);
    }

    [Fact]
    public async Task A_region_that_grows_too_large_is_split_by_itself()
    {
        await StartAllAsync("tinykv.regions { split-size = 40KiB, max-size = 60KiB }");
        var value = new byte[1000];
        for (var i = 0; i < 200; i++) await _cluster.PutAsync($"key {i:000}", value);

        await Eventually.Async(() => Task.FromResult(_cluster[1].Placement.Regions.Count >= 4 ? "split" : null));

        for (var i = 0; i < 200; i += 20) Assert.Equal(value, await _cluster.GetAsync($"key {i:000}"));
    }

    private async Task<RegionSplit> SplitAsync(string key)
    {
        // Of a region that was just made the leader is not known everywhere.
        await _cluster.LeaderAsync(key);
        var node = _cluster.Nodes.First();
        var split = await node.Regions.SplitAsync(IdOf(node, key), TestCluster.Bytes(key), Timeouts.Long);
        Assert.NotNull(split);
        return split;
    }

    private async Task StartAllAsync(string settings)
    {
        await _cluster.StartAllAsync(settings);
        await _cluster.LeaderAsync();
    }

    private async Task PutAsync(params string[] keys)
    {
        foreach (var key in keys) await _cluster.PutAsync(key, TestCluster.Bytes($"of {key}"));
    }

    private async Task HasAsync(params string[] keys)
    {
        foreach (var key in keys) Assert.Equal(TestCluster.Bytes($"of {key}"), await _cluster.GetAsync(key));
    }

    private async Task StopSoundAsync(ulong store)
    {
        var directory = _cluster[store].Settings.DataDirectory;
        await _cluster.StopAsync(store);
        var report = StoreCheck.Run(directory);
        Assert.True(report.IsSound, string.Join('\n', report.Parts.SelectMany(part => part.Details)));
    }

    private Task<string> LeadAsync(ulong store, string key) => Eventually.Async(async () =>
    {
        try
        {
            await _cluster[store].Regions.TransferLeaderAsync(IdOf(_cluster[store], key), new StoreId(store), default);
            return "it leads";
        }
        catch (RegionRefusedException)
        {
            return null; // it has not caught up
        }
    });

    private static RegionId IdOf(StoreNode node, string key) =>
        node.Placement.Regions.Find(TestCluster.Bytes(key))!.Region.Id;
}
