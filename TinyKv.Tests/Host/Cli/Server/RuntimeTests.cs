using System.Text.Json;
using TinyKv.Host.Cli.Server;

namespace TinyKv.Tests.Host.Cli.Server;

public sealed class RuntimeTests
{
    [Fact]
    public void Reads_that_block_leave_threads_to_heartbeats()
    {
        PoolThreads.Ensure();
        ThreadPool.GetMinThreads(out var workers, out _);
        Assert.True(workers >= Math.Max(PoolThreads.Least, Environment.ProcessorCount));
    }

    [Fact]
    public void Messages_of_a_megabyte_are_no_large_objects_to_the_garbage_collector()
    {
        using var settings = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "tinykv.runtimeconfig.json")));

        Assert.True(settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties")
            .GetProperty("System.GC.LOHThreshold").GetInt32() > 2 * 1024 * 1024);
    }
}
