using TinyKv.Testing;

namespace TinyKv.Tests.Clusters;

/// <summary>Ports for the playgrounds of tests.</summary>
internal static class Playgrounds
{
    // From a playground's base port to the last of its Raft ports.
    private const int Ports = 64;

    /// <summary>A base port above which all ports of a playground are free.</summary>
    public static int FreeBasePort() => FreePorts.TakeRange(Ports);
}
