using System.Collections.Immutable;
using TinyKv.Core.Placement;

namespace TinyKv.Actors.Node.Settings;

/// <summary>How a store joins a cluster that there is already.</summary>
/// <param name="Endpoints">host:port of the gRPC services of some of its stores; any of them is asked.</param>
/// <param name="Address">Where this store is to be reached. A port of 0 is chosen when the store joins, and kept.</param>
public sealed record JoinSettings(ImmutableArray<string> Endpoints, StoreAddresses Address);
