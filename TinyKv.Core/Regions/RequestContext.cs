namespace TinyKv.Core.Regions;

/// <summary>What a request says about the region it means (kvrpcpb.Context).</summary>
/// <param name="Region">The region.</param>
/// <param name="Epoch">Its epoch as the caller knows it; null is refused.</param>
/// <param name="Peer">The replica that the caller means to talk to; null is refused.</param>
/// <param name="Term">The leader's term as the caller knows it; 0: unknown.</param>
public sealed record RequestContext(RegionId Region, RegionEpoch? Epoch, Peer? Peer, long Term);
