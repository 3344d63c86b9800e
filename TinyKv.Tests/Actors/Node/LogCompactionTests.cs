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
    public async Task What_a_store_lacks_that_is_away_is_kept_for_it()
    {
        await _cluster.StartAllAsync(Short);
        await _cluster.PutAsync("a", TestCluster.Bytes("b"));
        await _cluster.StopAsync(3);
        // Ticks, at which the others would compact, pass while the second half is written.
        for (var i = 0; i < 60; i++) await _cluster.PutAsync($"key {i % 30}", TestCluster.Bytes("c"));
        var peer = (await _cluster[1].StatusAsync(Timeouts.Long)).Peers[1];
        Assert.True(peer.LastIndex - peer.FirstIndex >= 59, $"{peer}");

        await _cluster.StartAsync(3, Short);

        for (var store = 1UL; store <= 3; store++) await ShortAsync(store);
        Assert.Equal(TestCluster.Bytes("c"), await _cluster.GetAsync("key 29"));
    }

    private Task<PeerStatus> ShortAsync(ulong store) => Eventually.Async(async () =>
    {
        var peer = (await _cluster[store].StatusAsync(Timeouts.Long)).Peers[1];
        return peer.LastIndex - peer.FirstIndex < 10 && peer.AppliedIndex > 20 ? peer : null;
    });
}
