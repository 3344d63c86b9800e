using TinyKv.Core.Placement;

namespace TinyKv.Core.Commands;

/// <summary>
/// How many replicas a region is meant to have. Answered with the <see cref="StoreDirectory"/> as it is then or a
/// <see cref="RegistryRefusal"/>.
/// </summary>
/// <param name="Cluster">The cluster that is meant.</param>
/// <param name="MaxReplicas">The number.</param>
public sealed record SetClusterConfig(ulong Cluster, uint MaxReplicas) : Command
{
    /// <summary>The most that can be meant.</summary>
    public const uint MostReplicas = 9;
}
