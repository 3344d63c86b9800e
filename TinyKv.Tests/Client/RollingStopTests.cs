using System.Globalization;
using TinyKv.Client;
using TinyKv.Testing;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Client;

/// <summary>Stores that are stopped and started one after the other, as an upgrade does it, under writes.</summary>
[Trait("lane", "slow")]
public sealed class RollingStopTests
{
    private const int Writers = 16;
    private const int Rounds = 2;

    [Fact]
    public async Task No_write_over_a_stream_has_an_unknown_outcome()
    {
        await using var cluster = await TinyKvCluster.StartAsync(3, cancellation: Timeouts.Long);
        await using var client = await cluster.ConnectAsync(Timeouts.Long);
        using var end = new CancellationTokenSource();
        var done = new int[Writers];
        var writers = Enumerable.Range(0, Writers).Select(i => Task.Run(() => WriteAsync(client, i, done, end.Token))).ToArray();

        for (var i = 0; i < Rounds * 3; i++)
        {
            await WriteMoreAsync();
            // The leader is the one that has something under way.
            var leader = (await cluster.LeaderAsync(Timeouts.Long)).Id;
            await cluster.StopStoreAsync(leader);
            await WriteMoreAsync();
            await cluster.StartStoreAsync(leader, Timeouts.Long);
        }

        await end.CancelAsync();
        await Task.WhenAll(writers);
        for (var i = 0; i < Writers; i++) Assert.Equal(done[i], BitConverter.ToInt32(await client.Raw.GetAsync(Key(i))));

        Task WriteMoreAsync()
        {
            var before = done.Sum();
            return Eventually.Async(() => Task.FromResult(
                done.Sum() > before + 100 || writers.Any(writer => writer.IsCompleted) ? done : null));
        }
    }

    private static async Task WriteAsync(TinyKvClient client, int writer, int[] done, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await client.Raw.PutAsync(Key(writer), BitConverter.GetBytes(done[writer] + 1), cancellation: CancellationToken.None);
            Interlocked.Increment(ref done[writer]);
        }
    }

    private static byte[] Key(int writer) => System.Text.Encoding.UTF8.GetBytes(writer.ToString(CultureInfo.InvariantCulture));
}
