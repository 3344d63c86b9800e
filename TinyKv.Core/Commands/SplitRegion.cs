using System.Collections.Immutable;
using TinyKv.Core.Raft;
using TinyKv.Core.Regions;

namespace TinyKv.Core.Commands;

/// <summary>
/// Splits a region in two at a key: the region keeps the keys below it, and a new one, on the same stores, gets the others.
/// </summary>
/// <param name="Epoch">The region as it was when the numbers were asked for. A region that is another by now is not split:
/// its members may be others.</param>
/// <param name="Key">The first key of the new region; in the region, and not its start.</param>
/// <param name="NewRegion">The number of the new region.</param>
/// <param name="NewPeers">The numbers of its replicas, in the order of the region's.</param>
public sealed record SplitRegion(
    RegionEpoch Epoch, ReadOnlyMemory<byte> Key, RegionId NewRegion, ImmutableArray<PeerId> NewPeers) : Command;

/// <summary>A region was split.</summary>
/// <param name="Parent">The region, with the keys that it keeps.</param>
/// <param name="Child">The new one.</param>
public sealed record RegionSplit(Region Parent, Region Child);
