using TinyKv.Core;
using TinyKv.Host.Cli.Playground;

namespace TinyKv.Benchmarks.Clusters;

/// <summary>Ports that nobody listens on now.</summary>
internal static class FreePorts
{
    private const int Lowest = 12_000;
    private const int PerCluster = 64;
    private const int Choices = 120;
    private const int Members = 3;

    /// <summary>A base for one cluster, below the ports that the system hands out itself.</summary>
    public static int Base()
    {
        while (true)
        {
            var candidate = Lowest + Random.Shared.Next(Choices) * PerCluster;
            try
            {
                PlaygroundPorts.RequireFree(candidate, 2 * Members);
                return candidate;
            }
            catch (TinyKvException)
            {
                // Taken: another one.
            }
        }
    }
}
