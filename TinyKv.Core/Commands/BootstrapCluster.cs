using System.Collections.Immutable;
using TinyKv.Core.Placement;

namespace TinyKv.Core.Commands;

/// <summary>
/// Tells placement which cluster this is and which stores it begins with; any of these may, and all say the same. Answered,
/// as all commands about stores, with the <see cref="StoreDirectory"/> as it is then or a <see cref="RegistryRefusal"/>.
/// </summary>
/// <param name="Cluster">The cluster's number.</param>
/// <param name="MaxReplicas">How many replicas a region is meant to have.</param>
/// <param name="Stores">The stores, numbered as the configuration says.</param>
public sealed record BootstrapCluster(ulong Cluster, uint MaxReplicas, ImmutableArray<StoreInfo> Stores) : Command;
