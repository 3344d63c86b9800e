using System.Globalization;
using System.Text.RegularExpressions;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Telemetry;

[Trait("lane", "slow")]
public sealed class ScrapeTests
{
    private const int Puts = 20;

    [Fact]
    public async Task A_running_store_serves_its_numbers_to_whoever_scrapes_them()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        for (var i = 0; i < Puts; i++) await cluster.Raw.PutAsync(new byte[] { 1 }, new byte[100]);
        await cluster.Raw.GetAsync(new byte[] { 1 });
        using var http = new HttpClient { BaseAddress = cluster[1].StatusAddress };

        // A scrape that follows another closely gets the same answer, and what is sampled comes with the first tick.
        var metrics = await Eventually.Async(async () =>
            await http.GetStringAsync("/metrics", Timeouts.Long) is var text
            && Sum(text, "tinykv_raft_proposals_total", "store=\"1\"", "region=\"1\"") >= Puts
            && text.Contains("tinykv_raft_role{", StringComparison.Ordinal) ? text : null);

        Assert.True(Sum(metrics, "tinykv_write_duration_seconds_count") >= Puts);
        Assert.True(Sum(metrics, "tinykv_read_duration_seconds_count") >= 1);
        Assert.True(Sum(metrics, "tinykv_raft_appended_bytes_total", "store=\"1\"", "region=\"1\"") >= Puts * 100);
        Assert.True(Sum(metrics, "tinykv_journal_commit_duration_seconds_count") >= Puts);
        Assert.True(Sum(metrics, "tinykv_apply_entries_count", "region=\"1\"") >= 1);
        Assert.Contains("http_server_request_duration_seconds_count{", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_nobody_leads_is_counted_as_refused()
    {
        await using var cluster = await TinyKvCluster.StartAsync(1, cancellation: Timeouts.Long);
        var node = cluster[1].Node;
        var before = Sum(await ScrapeAsync(cluster), "tinykv_refusals_total", "kind=\"StoreNotMatch\"");

        await node.Storage.ReaderAsync(
            TestCluster.ContextOf(node) with { Peer = new(new(9), new(9)) }, Timeouts.Long);

        await Eventually.Async(async () => Sum(
            await ScrapeAsync(cluster), "tinykv_refusals_total", "kind=\"StoreNotMatch\"") > before ? "counted" : null);
    }

    private static async Task<string> ScrapeAsync(TinyKvCluster cluster)
    {
        using var http = new HttpClient { BaseAddress = cluster[1].StatusAddress };
        return await http.GetStringAsync("/metrics", Timeouts.Long);
    }

    // Other tests run stores in this process, too: what all of them did is in one sum, so the tests ask for at least.
    private static double Sum(string metrics, string name, params string[] labels) => metrics.Split('\n')
        .Where(line => Regex.IsMatch(line, $@"^{name}[{{ ]") && labels.All(line.Contains))
        .Sum(line => double.Parse(line.Split("} ")[^1].Split(' ')[0], CultureInfo.InvariantCulture));
}
