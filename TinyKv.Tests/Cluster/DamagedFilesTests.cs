using System.Text;
using TinyKv.Tests.Persistence;
using Xunit.Abstractions;

namespace TinyKv.Tests.Clusters;

/// <summary>A store whose files are damaged ends and says why; the others have everything.</summary>
[Trait("lane", "slow")]
public sealed class DamagedFilesTests(ITestOutputHelper output) : ProcessClusterKit(output)
{
    private const int Keys = 64;

    [Fact]
    public async Task A_leader_whose_engine_is_damaged_while_it_runs_ends_with_70_and_every_read_is_answered_by_others()
    {
        var client = await StartAsync(3);
        var random = new Random(1);
        var values = Enumerable.Range(0, Keys).Select(_ => new byte[16 * 1024]).ToList();
        for (var i = 0; i < Keys; i++)
        {
            random.NextBytes(values[i]);
            await client.Raw.PutAsync(Key(i), values[i]);
        }
        await client.DisposeAsync();
        // What is in memory goes to tables when a store is started again; nothing of it is cached then.
        foreach (var store in Cluster.Running.ToList()) await KillAsync(store);
        Cluster.StartMissing();
        var leader = await LeaderAsync();

        Damage.Block(EngineOf(leader));
        var ended = EndAsync(leader);
        client = await ConnectAsync();
        for (var i = 0; i < Keys; i++) Assert.Equal(values[i], await client.Raw.GetAsync(Key(i)));

        var (code, complaint) = await ended;
        Assert.Equal(70, code);
        Assert.Contains("column family default, is damaged", complaint, StringComparison.Ordinal);

        // The log holds everything, so the engine can be rebuilt from it.
        Directory.Delete(EngineOf(leader), recursive: true);
        Cluster.Start(leader);
        await LeaderAsync();
        await client.DisposeAsync();
    }

    private string EngineOf(int store) => Path.Combine(Cluster.DataOf(store), "data");

    private static byte[] Key(int i) => Encoding.UTF8.GetBytes($"key {i:000}");
}
