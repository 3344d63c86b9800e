using TinyKv.Actors.Regions;
using TinyKv.Core.Regions;
using TinyKv.Protocol.Wire.Admin.V1;

namespace TinyKv.Tests.Actors.Node;

/// <summary>Stores whose logs are compacted while they are written to, restarted, and left by one of them.</summary>
[Trait("lane", "slow")]
public sealed class LogCompactionTests : IAsyncLifetime
{
    private const string Short = "tinykv.raft.max-log-entries = 10\n";

    private readonly TestCluster _cluster = new(3);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task Logs_stay_short_and_a_restart_holds_everything(string journal)
    {
        var settings = Short + $"tinykv.journal = {journal}";
        await _cluster.StartAllAsync(settings);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++) await _cluster.PutAsync($"key {i}", TestCluster.Bytes($"{round}"));
            for (var store = 1UL; store <= 3; store++)
                Assert.True((await ShortAsync(store)).FirstIndex > 20 * round);
            await _cluster.StopAsync(1);
            await _cluster.StartAsync(1, settings);
        }

        for (var i = 0; i < 20; i++) Assert.Equal(TestCluster.Bytes("2"), await _cluster.GetAsync($"key {i}"));
    }

    [Fact]
    public async Task What_a_store_lacks_that_is_away_for_a_while_is_kept_for_it()
    {
        await _cluster.StartAllAsync(Short);
        await _cluster.PutAsync("a", TestCluster.Bytes("b"));
        await _cluster.StopAsync(3);
        // Ticks, at which the others would compact, pass while the second half is written.
        for (var i = 0; i < 30; i++) await _cluster.PutAsync($"key {i % 15}", TestCluster.Bytes("c"));
        var peer = (await _cluster[1].StatusAsync(Timeouts.Long)).Peers[1];
        Assert.True(peer.LastIndex - peer.FirstIndex >= 29, $"{peer}");

        await _cluster.StartAsync(3, Short);

        for (var store = 1UL; store <= 3; store++) await ShortAsync(store);
        Assert.Equal(TestCluster.Bytes("c"), await _cluster.GetAsync("key 14"));
    }

    [Theory]
    [InlineData("rocksdb")]
    [InlineData("sqlite")]
    public async Task A_store_that_was_away_for_too_long_is_given_a_snapshot(string journal)
    {
        var settings = Short + $"tinykv.journal = {journal}";
        await _cluster.StartAllAsync(settings);
        await _cluster.PutAsync("deleted", TestCluster.Bytes("b"));
        await _cluster.AppliedAsync(3, 2);
        var had = (await _cluster[3].StatusAsync(Timeouts.Long)).Peers[1].LastIndex;
        await _cluster.StopAsync(3);
        await _cluster.DeleteAsync("deleted");
        for (var i = 0; i < 80; i++) await _cluster.PutAsync($"key {i % 40}", TestCluster.Bytes($"{i}"));
        foreach (var store in new[] { 1UL, 2UL }) Assert.True((await ShortAsync(store)).FirstIndex > had + 1);

        await _cluster.StartAsync(3, settings);
        await ShortAsync(3);
        await LeadAsync(3);

        for (var i = 0; i < 40; i++) Assert.Equal(TestCluster.Bytes($"{40 + i}"), await _cluster.GetAsync($"key {i}"));
        Assert.Null(await _cluster.GetAsync("deleted"));
        await _cluster.PutAsync("after", TestCluster.Bytes("c"));
        // What it was given is on its own disk, and so is what came after it.
        await _cluster.StopAsync(3);
        await _cluster.StartAsync(3, settings);
        await LeadAsync(3);
        Assert.Equal(TestCluster.Bytes("c"), await _cluster.GetAsync("after"));
        Assert.Equal(TestCluster.Bytes("40"), await _cluster.GetAsync("key 0"));
    }

    private async Task LeadAsync(ulong store) => await Eventually.Async(async () =>
    {
        try
        {
            await _cluster[1].Regions.TransferLeaderAsync(RegionId.First, new StoreId(store), default);
            return "it leads";
        }
        catch (RegionRefusedException)
        {
            return null; // it has not caught up
        }
    });

    private Task<PeerStatus> ShortAsync(ulong store) => Eventually.Async(async () =>
    {
        var peer = (await _cluster[store].StatusAsync(Timeouts.Long)).Peers[1];
        return peer.LastIndex - peer.FirstIndex < 10 && peer.AppliedIndex > 20 ? peer : null;
    });
}
