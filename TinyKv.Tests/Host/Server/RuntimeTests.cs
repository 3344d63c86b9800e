using System.Text.Json;

namespace TinyKv.Tests.Host.Server;

public sealed class RuntimeTests
{
    [Fact]
    public void Reads_that_block_leave_threads_to_heartbeats()
    {
        using var settings = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "tinykv.runtimeconfig.json")));

        Assert.Equal(4, settings.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties")
            .GetProperty("System.Threading.ThreadPool.MinThreads").GetInt32());
    }
}
