using System.Diagnostics;
using System.Globalization;
using TinyKv.Tests.Actors.Node;

namespace TinyKv.Tests.Clusters;

/// <summary>A process in which no thread of the pool is free, nor will be.</summary>
[Trait("lane", "slow")]
public sealed class StarvedPoolTests
{
    [Fact]
    public async Task A_process_without_a_free_thread_answers_that_it_is_live()
    {
        var start = Shell.Tests("starve");
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        try
        {
            var port = int.Parse(
                await process.StandardOutput.ReadLineAsync(Timeouts.Long) ?? "", CultureInfo.InvariantCulture);
            // What it cannot answer does not keep it from what it can.
            using var asking = new HttpClient();
            var status = asking.GetStringAsync(new Uri($"http://127.0.0.1:{port}/status"), Timeouts.Long);
            var liveness = new Uri($"http://127.0.0.1:{port}/health/live");
            for (var i = 0; i < 20; i++)
            {
                using var probe = new HttpClient();
                Assert.Equal("live\n", await probe.GetStringAsync(liveness, Timeouts.Long));
            }
            Assert.False(status.IsCompleted);
        }
        finally
        {
            process.Kill();
        }
    }
}
