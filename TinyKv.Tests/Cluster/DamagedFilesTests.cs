using System.Text;
using TinyKv.Tests.Persistence;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>A store whose files are damaged ends and says why; the others have everything.</summary>
[Trait("kind", "cluster")]
public sealed class DamagedFilesTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Keys = 64;

    private readonly ProcessCluster _cluster = new(3);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        output.WriteLine(_cluster.Logs());
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task A_leader_whose_engine_is_damaged_while_it_runs_ends_with_70_and_every_read_is_answered_by_others()
    {
        var client = await _cluster.ServeAsync();
        var random = new Random(1);
        var values = Enumerable.Range(0, Keys).Select(_ => new byte[16 * 1024]).ToList();
        for (var i = 0; i < Keys; i++)
        {
            random.NextBytes(values[i]);
            await client.Raw.PutAsync(Key(i), values[i]);
        }
        await client.DisposeAsync();
        // What is in memory goes to tables when a store is started again; nothing of it is cached then.
        foreach (var store in _cluster.Running.ToList()) await _cluster.KillAsync(store);
        _cluster.StartAll();
        var leader = await _cluster.LeaderAsync();

        Damage.Block(_cluster.EngineOf(leader));
        var ended = _cluster.EndAsync(leader);
        client = await _cluster.ConnectAsync();
        for (var i = 0; i < Keys; i++) Assert.Equal(values[i], await client.Raw.GetAsync(Key(i)));

        var (code, complaint) = await ended;
        Assert.Equal(70, code);
        Assert.Contains("column family default, is damaged", complaint, StringComparison.Ordinal);

        // The log holds everything, so the engine can be made anew from it.
        Directory.Delete(_cluster.EngineOf(leader), recursive: true);
        _cluster.Start(leader);
        await _cluster.LeaderAsync();
        await client.DisposeAsync();
    }

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"key {i:000}");
}
